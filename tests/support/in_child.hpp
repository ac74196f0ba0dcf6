// A test case in a process of its own: for what a process cannot take back, and for crashes. The case is skipped when
// the program runs as a whole; the child is this program again, with that case alone.
//   TEST_CASE("internal: crashes" * doctest::skip()) { child_begins(); ... }      in_child("internal: crashes")
// Invariant: a child that never came to its case is a failure, not a success.
// Threads:   one.
#pragma once
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>

#include "base/fd.hpp"
#include "base/os_thread.hpp"

namespace tokiod::test {

inline constexpr int begun_at = 200;  // the descriptor on which the child says that it has come to its case

inline void child_begins() {
  REQUIRE(::write(begun_at, "!", 1) == 1);
  ::close(begun_at);
}

// How the child ended, as waitpid() says.
inline int in_child(const std::string& test_case) {
  REQUIRE(test_case.find(',') == std::string::npos);  // doctest takes it for the end of a name
  int begun[2];
  REQUIRE(::pipe2(begun, O_CLOEXEC) == 0);
  const unique_fd says(begun[0]);
  unique_fd to_say(begun[1]);
  ::fflush(nullptr);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    for (const int signal : {SIGSEGV, SIGABRT}) ::signal(signal, SIG_DFL);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // it does not outlive a test that is given up
    ::dup2(to_say.get(), begun_at);
    ::execl("/proc/self/exe", "child", ("--test-case=" + test_case).c_str(), "--no-skip", nullptr);
    ::_exit(127);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  to_say.reset();
  std::byte said{};
  REQUIRE_MESSAGE(read_some(says.get(), {&said, 1}) == std::size_t{1}, "the child did not run the case ", test_case);
  return status;
}

inline bool passes_in_child(const std::string& test_case) {
  const int status = in_child(test_case);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// In a child only: while it lives this process gets no threads. Root is not limited, so the process becomes a user whom
// nobody else is. It ends before the process does: a leak checker needs a thread of its own then.
class without_threads {
 public:
  // `instead_of_those_that_end`: a thread that ends makes room for one (known for root only).
  explicit without_threads(bool instead_of_those_that_end = false) {
    const auto user = static_cast<uid_t>(100'000 + ::getpid());
    if (::geteuid() == 0) REQUIRE(::setresuid(user, user, user) == 0);
    // A thread that was joined may still be counted for a moment: then one more than wanted gets in.
    auto refused = try_thread(instead_of_those_that_end);
    for (int more = 0; refused && more < 1000; ++more) {
      refused->join();
      refused = try_thread(instead_of_those_that_end);
    }
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == EAGAIN);
  }
  without_threads(const without_threads&) = delete;
  without_threads& operator=(const without_threads&) = delete;
  ~without_threads() { end(); }

  void end() { limit(RLIM_INFINITY); }

 private:
  static result<os_thread> try_thread(bool instead_of_those_that_end) {
    const auto status = read_file("/proc/self/status", 1 << 16);
    REQUIRE(status);
    const auto threads = std::stoul(status->substr(status->find("\nThreads:") + 9));
    limit(instead_of_those_that_end ? threads : 0);
    return os_thread::start({}, [] {});
  }
  static void limit(rlim_t wanted) {
    rlimit most{};
    CHECK(::getrlimit(RLIMIT_NPROC, &most) == 0);
    most.rlim_cur = std::min(wanted, most.rlim_max);
    CHECK(::setrlimit(RLIMIT_NPROC, &most) == 0);
  }
};

}  // namespace tokiod::test
