#include "app/successor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "wire/get.hpp"

extern char** environ;

namespace tokiod::app {
namespace {

constexpr std::size_t errors_kept = 4096;
constexpr duration_ns last_moment = 5 * second;
constexpr duration_ns look_interval = 100 * millisecond;  // at whether nobody wants it any more

std::unexpected<upgrade_failure> not_spawned(const std::string& why) {
  return std::unexpected(upgrade_failure{"spawn", why, {}});
}

// Ours, but for what speaks of this process alone.
std::vector<std::string> variables_of_successor() {
  std::vector<std::string> all;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view one = *each;
    const auto name = one.substr(0, one.find('='));
    if (name != "WATCHDOG_PID" && name != "LISTEN_PID" && name != "LISTEN_FDS" && name != "LISTEN_FDNAMES" &&
        name != handover_variable)
      all.emplace_back(one);
  }
  all.push_back(handover_variable + std::string("=") + std::to_string(handover_version));
  return all;
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> all;
  for (const auto& each : words) all.push_back(const_cast<char*>(each.c_str()));  // as exec wants them
  all.push_back(nullptr);
  return all;
}

// What posix_spawn() is told, and gone with it.
struct spawn_plan {
  spawn_plan() {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&how);
  }
  spawn_plan(const spawn_plan&) = delete;
  spawn_plan& operator=(const spawn_plan&) = delete;
  ~spawn_plan() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&how);
  }
  // Signals as a new program expects them: this process blocks some, and ignores SIGPIPE.
  void signals_anew() {
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&how, &none);
    ::posix_spawnattr_setsigdefault(&how, &all);
    ::posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  posix_spawn_file_actions_t files{};
  posix_spawnattr_t how{};
};

// Copies beyond the numbers that the successor gets, so that none is overwritten before its turn.
result<std::vector<unique_fd>> lifted(const std::vector<int>& fds) {
  std::vector<unique_fd> copies;
  for (const int fd : fds) {
    copies.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, state_descriptor + static_cast<int>(fds.size())));
    if (!copies.back()) return std::unexpected(error::last("fcntl"));
  }
  return copies;
}

struct birth {
  int failed = 0;
  pid_t pid = 0;
};

struct child {
  pid_t pid;
  unique_fd process;  // readable once it has ended
};
using spawned = std::expected<child, std::string>;  // or a sentence

birth give_birth(const char* program, const spawn_plan& plan, char* const* argv, char* const* envp) {
  birth made;
  made.failed = ::posix_spawn(&made.pid, program, &plan.files, &plan.how, argv, envp);
  return made;
}

// While nobody can have reaped it: a process that is gone has no descriptor, and its number may be another's.
spawned adopt(const birth& made, const char* program) {
  if (made.failed != 0) return std::unexpected(std::string(program) + " cannot be run: " + std::strerror(made.failed));
  child one{made.pid, unique_fd(static_cast<int>(::syscall(SYS_pidfd_open, made.pid, 0)))};
  if (one.process) return one;
  auto why = error::last("pidfd_open").text();
  ::kill(made.pid, SIGKILL);
  return std::unexpected(std::move(why));
}

spawned spawn_child(const char* program, const spawn_plan& plan, char* const* argv, char* const* envp) {
  const auto made = give_birth(program, plan, argv, envp);
  auto one = adopt(made, program);
  if (!one && made.failed == 0) (void)retry_eintr([&] { return ::waitpid(made.pid, nullptr, 0); });
  return one;
}

// Says whom it has started, and is the parent until nobody listens any more: who ends at once is not reaped before.
[[noreturn]] void be_between(const birth& made, int to) {
  (void)!retry_eintr([&] { return ::write(to, &made, sizeof made); });
  char none;
  (void)!retry_eintr([&] { return ::read(to, &none, 1); });
  ::_exit(0);
}

// By way of a child that ends in a moment: whoever it leaves becomes a child of the manager's.
spawned spawn_orphan(const char* program, const spawn_plan& plan, char* const* argv, char* const* envp) {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return std::unexpected(error::last("socketpair").text());
  unique_fd ours(ends[0]), theirs(ends[1]);
  const pid_t between = ::fork();
  if (between < 0) return std::unexpected(error::last("fork").text());
  if (between == 0) {
    ours.reset();
    be_between(give_birth(program, plan, argv, envp), theirs.get());
  }
  theirs.reset();
  birth made{ECHILD, 0};
  (void)!retry_eintr([&] { return ::read(ours.get(), &made, sizeof made); });
  auto one = adopt(made, program);
  ::shutdown(ours.get(), SHUT_RDWR);  // it hears that also while somebody else's child has a copy of our end
  ours.reset();
  (void)retry_eintr([&] { return ::waitpid(between, nullptr, 0); });
  return one;
}

std::string ending_of(const siginfo_t& seen) {
  return seen.si_code == CLD_EXITED ? "it ended with the code " + std::to_string(seen.si_status)
                                    : std::string("it was ended by ") + ::strsignal(seen.si_status);
}

}  // namespace

successor::~successor() {
  if (!process_ || ended_ || alone_) return;
  (void)::syscall(SYS_pidfd_send_signal, process_.get(), SIGKILL, nullptr, 0);
  pollfd one{process_.get(), POLLIN, 0};
  while (retry_eintr([&] { return ::poll(&one, 1, -1); }) != 1) {  // it cannot refuse
  }
  std::string how;
  (void)has_ended(how);
}

upgrade_failure successor::failure(std::string stage, std::string why) {
  pass_on_errors();
  return {std::move(stage), std::move(why), heard_};
}

std::expected<std::unique_ptr<successor>, upgrade_failure> successor::start(successor_order order) {
  std::unique_ptr<successor> made(new successor);
  auto channel = handover_channel::pair();
  int ends[2] = {-1, -1};
  if (!channel) return not_spawned(channel.error().text());
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return not_spawned(error::last("pipe2").text());
  made->channel_ = std::move(channel->first);
  made->errors_.reset(ends[0]);
  const unique_fd errors(ends[1]);
  (void)::fcntl(errors.get(), F_SETFL, 0);  // whoever writes there expects to be able to

  wire::json names = {channel_name, standard_error_name};
  std::vector<int> descriptors = {-1, channel->second.fd(), STDERR_FILENO};
  for (const auto& each : order.sockets) {
    names.push_back(each.name);
    descriptors.push_back(each.fd.get());
  }
  order.state["handover"] = handover_version;
  order.state["descriptors"] = std::move(names);
  const auto state = state_file(order.state);
  if (!state) return not_spawned(state.error().text());
  descriptors.front() = state->get();
  if (const auto spawned = made->spawn(order, std::move(descriptors), errors.get()); !spawned)
    return std::unexpected(spawned.error());
  return made;
}

std::expected<void, upgrade_failure> successor::spawn(const successor_order& order, std::vector<int> descriptors,
                                                      int errors) {
  descriptors.push_back(errors);
  const auto copies = lifted(descriptors);
  if (!copies) return not_spawned(copies.error().text());
  spawn_plan plan;
  plan.signals_anew();
  const int count = static_cast<int>(copies->size()) - 1;
  for (int n = 0; n < count; ++n)
    ::posix_spawn_file_actions_adddup2(&plan.files, (*copies)[static_cast<std::size_t>(n)].get(), state_descriptor + n);
  ::posix_spawn_file_actions_adddup2(&plan.files, copies->back().get(), STDERR_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(&plan.files, state_descriptor + count);
  const auto variables = variables_of_successor();
  const auto argv = pointers(order.words), envp = pointers(variables);
  ours_ = !order.orphan;
  const auto how = order.orphan ? spawn_orphan : spawn_child;
  auto made = how(order.program.c_str(), plan, argv.data(), envp.data());
  if (!made) return not_spawned(made.error());
  pid_ = made->pid;
  process_ = std::move(made->process);
  return {};
}

std::expected<void, upgrade_failure> successor::wait_ready(instant_ns deadline, const std::function<bool()>& given_up) {
  const steady_clock time;
  while (time.now() < deadline) {
    if (given_up && given_up()) return std::unexpected(failure("ready", "nobody wants it any more"));
    pollfd all[] = {{channel_.fd(), POLLIN, 0}, {errors_ ? errors_.get() : -1, POLLIN, 0}, {process_.get(), POLLIN, 0}};
    const auto left = std::min<duration_ns>(deadline - std::min(deadline, time.now()), look_interval);
    (void)::poll(all, std::size(all), static_cast<int>(left / millisecond + 1));
    pass_on_errors();
    if (all[0].revents != 0) {
      const auto said = channel_.hear(time.now());
      if (said && wire::boolean_or(*said, "ready", false)) return {};
      if (said) return std::unexpected(failure("start", wire::text_or(*said, "failed")));
      channel_.take().reset();  // it ends; how is said in a moment
    }
    if (std::string how; has_ended(how)) return std::unexpected(failure("start", how));
  }
  return std::unexpected(failure("ready", "it was not ready in time"));
}

bool successor::has_ended(std::string& how) {
  pollfd one{process_.get(), POLLIN, 0};
  if (retry_eintr([&] { return ::poll(&one, 1, 0); }) != 1) return false;
  ended_ = true;
  how = "it ended";
  siginfo_t seen{};
  if (ours_ && ::waitid(P_PIDFD, static_cast<id_t>(process_.get()), &seen, WEXITED) == 0) how = ending_of(seen);
  return true;
}

bool successor::let_go() {
  if (!channel_.say({{"go", true}})) return false;
  alone_ = true;
  return channel_.hear(steady_clock().now() + last_moment).has_value();
}

// What was said is not lost for who reads our own.
void successor::pass_on_errors() {
  std::array<std::byte, 1024> room;
  while (errors_) {
    const auto n = read_some(errors_.get(), room);
    if (!n) return;
    if (*n == 0) return errors_.reset();
    const auto part = std::span(room).first(*n);
    (void)write_all(STDERR_FILENO, part);
    heard_.append(reinterpret_cast<const char*>(part.data()), part.size());
    if (heard_.size() > errors_kept) heard_.erase(0, heard_.size() - errors_kept);
  }
}

}  // namespace tokiod::app
