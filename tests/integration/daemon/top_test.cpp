// tokioctl top on a terminal of its own, with a daemon that runs.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <string>

#include "base/fd.hpp"
#include "support/daemon_process.hpp"
#include "support/eventually.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

// The program, what it has written, and the settings of its terminal.
class on_terminal {
 public:
  explicit on_terminal(const std::string& socket, const char* kind = "xterm") {
    winsize size{.ws_row = 40, .ws_col = 160, .ws_xpixel = 0, .ws_ypixel = 0};
    int master = -1, slave = -1;
    REQUIRE(::openpty(&master, &slave, nullptr, nullptr, &size) == 0);
    master_ = unique_fd(master);
    slave_ = unique_fd(slave);
    REQUIRE(::fcntl(master, F_SETFL, O_NONBLOCK) == 0);
    const std::string program = tokioctl_path();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::setsid();
      ::ioctl(slave, TIOCSCTTY, 0);
      for (const int fd : {0, 1, 2}) ::dup2(slave, fd);
      ::setenv("TERM", kind, 1);
      ::execl(program.c_str(), "tokioctl", "--socket", socket.c_str(), "top", "--interval", "100ms", nullptr);
      ::_exit(127);
    }
    REQUIRE(pid_ > 0);
  }
  on_terminal(const on_terminal&) = delete;
  on_terminal& operator=(const on_terminal&) = delete;
  ~on_terminal() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  void press(std::string_view keys) {
    REQUIRE(::write(master_.get(), keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
  }
  void resize(unsigned short rows, unsigned short columns) {
    const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    REQUIRE(::ioctl(master_.get(), TIOCSWINSZ, &size) == 0);
    REQUIRE(::kill(pid_, SIGWINCH) == 0);
  }
  // Since the last time that something was seen.
  void sees(const std::string& text) {
    eventually("the screen shows " + text, [&] {
      read();
      const auto at = written_.find(text);
      if (at != std::string::npos) written_.erase(0, at + text.size());
      return at != std::string::npos;
    });
  }
  int exit_code() {
    int status = 0;
    eventually("it ends", [&] {
      read();  // else it may wait for room
      return ::waitpid(pid_, &status, WNOHANG) == pid_;
    });
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  [[nodiscard]] bool echoes_keys() const {
    termios how{};
    REQUIRE(::tcgetattr(slave_.get(), &how) == 0);
    return (how.c_lflag & ECHO) != 0;
  }
  void interrupt() { REQUIRE(::kill(pid_, SIGINT) == 0); }

 private:
  void read() {
    std::array<char, 4096> chunk;
    for (ssize_t n = 0; (n = ::read(master_.get(), chunk.data(), chunk.size())) > 0;)
      written_.append(chunk.data(), static_cast<std::size_t>(n));
  }

  unique_fd master_, slave_;  // ours is kept open, so that what it leaves behind can be asked for
  pid_t pid_ = -1;
  std::string written_;
};

}  // namespace

TEST_CASE("[OB-12] top shows what runs, takes keys, follows the size, and leaves the terminal as it was") {
  const daemon_process d(R"({"plugins": {"instances": {"hello": {"plugin": "hello_c"}}}})");
  on_terminal top(d.socket());
  top.sees("greeter");
  CHECK_FALSE(top.echoes_keys());
  top.press("2");
  top.sees("BUSY%");
  top.press("3");
  top.sees("hello_c");
  top.press("1/plugin:nobody\r");
  top.sees("0 rows");
  top.press("/\b\b\b\b\b\bhello\r");
  top.sees("greeter");
  top.press("\r");
  top.sees("cancelled");
  top.press("\x1b");
  top.sees("rows by");
  top.resize(20, 60);
  top.sees("workers");
  top.press("q");
  CHECK(top.exit_code() == 0);
  CHECK(top.echoes_keys());
}

TEST_CASE("an interrupt ends top, and the terminal is as it was") {
  const daemon_process d("{}");
  on_terminal top(d.socket());
  top.sees("workers");
  top.interrupt();
  (void)top.exit_code();
  CHECK(top.echoes_keys());
}

TEST_CASE("a daemon that goes away ends top with a sentence") {
  daemon_process d("{}");
  on_terminal top(d.socket());
  top.sees("workers");
  CHECK(d.stop() == 0);
  top.sees("tokioctl:");
  CHECK(top.exit_code() != 0);
  CHECK(top.echoes_keys());
}

TEST_CASE("a terminal that cannot move its cursor is refused in a sentence, and left as it was") {
  const daemon_process d("{}");
  on_terminal top(d.socket(), "dumb");
  top.sees("--once");
  CHECK(top.exit_code() == 1);
  CHECK(top.echoes_keys());
}
