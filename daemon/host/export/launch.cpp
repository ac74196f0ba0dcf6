#include "host/export/launch.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <string_view>

namespace tokiod::host {
namespace {

constexpr int greatest_errno = 4095;

enum class step : int { stdio, groups, group, user, directory, process_group, signals, pre_exec, exec };

struct report {
  step at = step::exec;
  int code = 0;
};

// The vectors that execve() takes, made before the child is.
struct pointers {
  explicit pointers(const std::vector<std::string>& texts) {
    all.reserve(texts.size() + 1);
    for (const auto& text : texts) all.push_back(const_cast<char*>(text.c_str()));  // execve() does not write
    all.push_back(nullptr);
  }
  std::vector<char*> all;
};

struct prepared {
  explicit prepared(const launch_plan& from, int to)
      : plan(from), argv(from.arguments), envp(from.environment), report_to(to) {}
  const launch_plan& plan;
  pointers argv, envp;
  int report_to;
};

// No signal reaches a thread while it makes a child, so that no handler runs in the child, in the memory of both.
class no_signals {
 public:
  no_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  no_signals(const no_signals&) = delete;
  ~no_signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

// ---- in the child: system calls only

[[noreturn]] void give_up(const prepared& from, step at, int code) {
  const report said{at, code};
  (void)retry_eintr([&] { return ::write(from.report_to, &said, sizeof said); });  // a pipe takes so little at once
  ::_exit(127);
}

void must(const prepared& from, step at, long outcome) {
  if (outcome < 0) give_up(from, at, errno);
}

// The C library's own functions would tell the other threads of this program, whose memory a vfork shares.
void become_user(const prepared& from) {
  const auto& plan = from.plan;
  if (plan.groups) must(from, step::groups, ::syscall(SYS_setgroups, plan.groups->size(), plan.groups->data()));
  if (plan.group) must(from, step::group, ::syscall(SYS_setresgid, *plan.group, *plan.group, *plan.group));
  if (!plan.user) return;
  // Who becomes somebody else does not keep root's groups.
  if (!plan.groups && ::geteuid() == 0) must(from, step::groups, ::syscall(SYS_setgroups, 0, nullptr));
  must(from, step::user, ::syscall(SYS_setresuid, *plan.user, *plan.user, *plan.user));
}

void take_stdio(const prepared& from) {
  for (int at = 0; at < 3; ++at) {
    const int given = from.plan.stdio[static_cast<std::size_t>(at)].get();
    if (given >= 0) must(from, step::stdio, ::dup2(given, at));
  }
  // A kernel that is too old for it lets through what was opened without close-on-exec.
  (void)::syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC);
}

// All signals are blocked until then. What the program above handles must not run here; what it ignores is its affair.
void default_signals(const prepared& from) {
  struct sigaction plain{};
  plain.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number)
    (void)::sigaction(number, &plain, nullptr);  // not of SIGKILL, SIGSTOP, and the C library's two
  sigset_t none;
  sigemptyset(&none);
  must(from, step::signals, ::sigprocmask(SIG_SETMASK, &none, nullptr));
}

// Goes on to the next place as execvp() does; of several reasons the one that says most.
void run_program(const prepared& from) {
  int said = ENOENT;
  for (const auto& program : from.plan.programs) {
    ::execve(program.c_str(), from.argv.all.data(), from.envp.all.data());
    const int code = errno;
    if (code == EACCES || said != EACCES) said = code;
    if (code != ENOENT && code != ENOTDIR && code != EACCES) break;
  }
  give_up(from, step::exec, said);
}

[[noreturn]] void become(const prepared& from) {
  const auto& plan = from.plan;
  take_stdio(from);
  become_user(from);
  if (!plan.directory.empty()) must(from, step::directory, ::chdir(plan.directory.c_str()));
  if (plan.process_group) must(from, step::process_group, ::setpgid(0, *plan.process_group));
  default_signals(from);
  if (plan.pre_exec != nullptr)
    if (const int code = plan.pre_exec(plan.pre_exec_user); code != 0)
      give_up(from, step::pre_exec, code > 0 && code <= greatest_errno ? code : EINVAL);
  run_program(from);
  ::_exit(127);
}

// ---- in the parent

// A vfork copies nothing and stops this thread until the program is loaded. Code of a plugin gets a copy of its own,
// and so does a child that becomes somebody else: the kernel takes the right to be dumped from the memory of such a
// process.
pid_t make_child(const prepared& from) {
  const auto& plan = from.plan;
  const bool of_its_own = plan.pre_exec != nullptr || plan.user || plan.group || plan.groups;
  const pid_t pid = of_its_own ? ::fork() : ::vfork();
  if (pid == 0) become(from);
  return pid;
}

std::string sentence_of(const launch_plan& plan, const report& said) {
  const auto with = [&](const std::string& what) { return what + ": " + std::strerror(said.code); };
  switch (said.at) {
    case step::stdio: return with("dup2 of a standard stream");
    case step::groups: return with("setgroups");
    case step::group: return with("setgid to " + std::to_string(plan.group.value_or(0)));
    case step::user: return with("setuid to " + std::to_string(plan.user.value_or(0)));
    case step::directory: return with("chdir to " + plan.directory);
    case step::process_group: return with("setpgid to " + std::to_string(plan.process_group.value_or(0)));
    case step::signals: return with("sigprocmask");
    case step::pre_exec: return with("pre_exec");
    case step::exec: return with("exec of " + plan.programs.back());
  }
  return with("spawn");
}

std::unexpected<launch_failure> failed(const error& said) {
  return std::unexpected(launch_failure{said.code, said.text(), false});
}

void reap(pid_t pid) {
  (void)retry_eintr([&] { return ::waitpid(pid, nullptr, 0); });
}

// Nothing: it runs.
std::optional<report> hear(const unique_fd& from) {
  report said;
  const auto got = retry_eintr([&] { return ::read(from.get(), &said, sizeof said); });
  if (got == static_cast<ssize_t>(sizeof said)) return said;
  return std::nullopt;
}

}  // namespace

std::vector<std::string> places_of(const std::string& program, const std::vector<std::string>& environment) {
  if (program.find('/') != std::string::npos) return {program};
  std::string_view path = "/bin:/usr/bin";
  for (const auto& one : environment)
    if (one.starts_with("PATH=")) path = std::string_view(one).substr(5);
  std::vector<std::string> places;
  while (true) {
    const auto end = path.find(':');
    const auto directory = path.substr(0, end);
    places.push_back(directory.empty() ? program : std::string(directory) + "/" + program);
    if (end == std::string_view::npos) return places;
    path.remove_prefix(end + 1);
  }
}

std::expected<child_process, launch_failure> launch(const launch_plan& plan, unique_fd report_from,
                                                    unique_fd report_to) {
  const prepared from(plan, report_to.get());
  pid_t pid = -1;
  {
    const no_signals quiet;
    pid = make_child(from);
  }
  if (pid < 0) return failed(error::last("fork"));
  report_to.reset();
  if (const auto said = hear(report_from)) {
    reap(pid);
    return std::unexpected(launch_failure{said->code, sentence_of(plan, *said), true});
  }
  report_from.reset();  // makes room for the next
  auto made = child_process::open(pid);
  if (made) return std::move(*made);
  const auto why = made.error();
  if (why.code != ESRCH) {  // else it may be gone, and its number another's
    ::kill(pid, SIGKILL);
    reap(pid);
  }
  return failed(why);
}

}  // namespace tokiod::host
