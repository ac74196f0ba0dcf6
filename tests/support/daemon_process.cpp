#include "support/daemon_process.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <sstream>

#include "support/eventually.hpp"

namespace tokiod::test {
namespace {

std::string text_of_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return std::move(text).str();
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (auto& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* words, char* const* variables, const char* out, const char* err,
                         rlim_t descriptors) {
  const int in = ::open("/dev/null", O_RDONLY);
  const int to_out = ::open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int to_err = ::open(err, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (in < 0 || to_out < 0 || to_err < 0) ::_exit(126);
  ::dup2(in, 0);
  ::dup2(to_out, 1);
  ::dup2(to_err, 2);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  const rlimit files{descriptors, descriptors};
  if (descriptors != 0 && ::setrlimit(RLIMIT_NOFILE, &files) != 0) ::_exit(125);
  ::execve(words[0], words, variables);
  ::_exit(127);
}

std::vector<std::string> daemon_words(const temp_dir& dir, const std::string& config,
                                      std::vector<std::string> more_words) {
  std::vector<std::string> words = {tokiod_path(),        "--config",           dir.write("tokiod.json", config),
                                    "--socket",           dir / "control.sock", "--observe-socket",
                                    dir / "observe.sock", "--plugin-dir",       plugin_dir()};
  for (auto& word : more_words) words.push_back(std::move(word));
  return words;
}

}  // namespace

std::string tokiod_path() { return TOKIOD_BUILD_DIR "/bin/tokiod"; }
std::string tokioctl_path() { return TOKIOD_BUILD_DIR "/bin/tokioctl"; }
std::string plugin_dir() { return TOKIOD_BUILD_DIR "/plugins"; }
std::string fixture(const std::string& name) { return TOKIOD_BUILD_DIR "/tests/fixtures/" + name + ".so"; }

process::process(const temp_dir& dir, std::vector<std::string> words, const std::vector<std::string>& variables,
                 rlim_t descriptors) {
  static std::atomic<unsigned> count{0};
  const std::string stem = dir / ("process-" + std::to_string(count++));
  out_path_ = stem + ".out";
  err_path_ = stem + ".err";
  std::vector<std::string> environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + dir.path(), "LC_ALL=C.UTF-8"};
  environment.insert(environment.end(), variables.begin(), variables.end());
  const auto argv = pointers(words), envp = pointers(environment);
  pid_ = ::fork();
  REQUIRE(pid_ >= 0);
  if (pid_ == 0) become(argv.data(), envp.data(), out_path_.c_str(), err_path_.c_str(), descriptors);
}

process::~process() {
  if (status_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void process::signal(int number) const { REQUIRE(::kill(pid_, number) == 0); }

std::optional<int> process::wait(std::chrono::milliseconds limit) {
  (void)becomes_true([&] { return !running(); }, limit);
  return status_;
}

bool process::running() {
  if (status_) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return false;
}

std::string process::out() const { return text_of_file(out_path_); }
std::string process::err() const { return text_of_file(err_path_); }

finished run(const temp_dir& dir, std::vector<std::string> words, const std::vector<std::string>& variables) {
  process child(dir, std::move(words), variables);
  const auto code = child.wait();
  REQUIRE_MESSAGE(code, "did not end: ", child.err());
  return {*code, child.out(), child.err()};
}

daemon_process::daemon_process(const std::string& config, std::vector<std::string> more_words,
                               const std::vector<std::string>& variables, rlim_t descriptors)
    : child_(dir_, daemon_words(dir_, config, std::move(more_words)), variables, descriptors) {
  const bool up = becomes_true([&] { return !child_.running() || rpc_client::answers(socket()); });
  REQUIRE_MESSAGE((up && child_.running()), "tokiod did not come up: ", child_.err());
  auto client = connect();
  eventually("the daemon runs", [&] { return client.call("daemon.info").at("state") == "running"; });
}

int daemon_process::stop() {
  child_.signal(SIGTERM);
  const auto code = child_.wait();
  REQUIRE_MESSAGE(code, "tokiod did not stop: ", child_.err());
  return *code;
}

}  // namespace tokiod::test
