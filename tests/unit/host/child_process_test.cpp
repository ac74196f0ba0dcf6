// A child by its descriptor and by its number: what is told of its end, and what is asked of which kernel.
#include "host/child_process.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "host/orphans.hpp"
#include "support/deny_call.hpp"
#include "support/descriptor_hog.hpp"
#include "support/eventually.hpp"
#include "support/in_child.hpp"

using tokiod::host::child_process;
using namespace tokiod::test;

namespace {

// A child that ends with `code` when it is told to, or is killed.
struct waiting_child {
  tokiod::unique_fd to_wait_for, to_end;
  pid_t pid = -1;
  explicit waiting_child(int code) {
    int fds[2];
    REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
    to_wait_for.reset(fds[0]);
    to_end.reset(fds[1]);
    pid = ::fork();
    REQUIRE(pid >= 0);
    char one = 0;
    if (pid == 0) ::_exit(::read(to_wait_for.get(), &one, 1) == 1 ? code : 255);
  }
  void end() const { REQUIRE(::write(to_end.get(), "!", 1) == 1); }
};

bool readable(const child_process& child) {
  pollfd one{child.event(), POLLIN, 0};
  return ::poll(&one, 1, 0) == 1;
}

bool has_ended(const child_process& child, siginfo_t& seen) {
  seen = {};
  return child.look(seen) == 0 && seen.si_pid == child.pid();
}

bool no_children() {
  siginfo_t seen{};
  return ::waitid(P_ALL, 0, &seen, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
}

// All that is asked of a child_process, whichever way the kernel knows it.
void keeps_its_word() {
  REQUIRE(child_process::prepare());
  waiting_child given(7), shot(8), dropped(9);
  auto one = child_process::open(given.pid);
  auto other = child_process::open(shot.pid);
  auto orphan = child_process::open(dropped.pid);
  REQUIRE(one);
  REQUIRE(other);
  REQUIRE(orphan);
  CHECK(one->pid() == given.pid);
  siginfo_t seen{};
  CHECK(one->look(seen) == 0);
  CHECK(seen.si_pid == 0);  // it runs

  given.end();
  eventually("its end is told of", [&] { return readable(*one); });
  eventually("it has ended", [&] { return has_ended(*one, seen); });
  CHECK(seen.si_status == 7);
  CHECK(one->look(seen) == ECHILD);  // it was reaped
  CHECK_FALSE(has_ended(*other, seen));

  CHECK(other->send(0) == 0);
  CHECK(other->send(SIGKILL) == 0);
  eventually("the other one has ended", [&] { return has_ended(*other, seen); });
  CHECK(seen.si_code == CLD_KILLED);

  REQUIRE(tokiod::host::orphans::prepare());
  tokiod::host::orphans::add(std::move(*orphan));
  CHECK(tokiod::host::orphans::count() == 1);
  dropped.end();
  eventually("the orphan is reaped", [] { return tokiod::host::orphans::count() == 0; });
  CHECK(no_children());
}

}  // namespace

TEST_CASE("internal: a child by its descriptor" * doctest::skip()) {
  child_begins();
  keeps_its_word();
  struct sigaction now{};
  REQUIRE(::sigaction(SIGCHLD, nullptr, &now) == 0);
  CHECK((now.sa_handler == SIG_DFL));  // nothing of the program's was touched
}
TEST_CASE("[PR-12] a child is known by its descriptor, and SIGCHLD is left alone") {
  CHECK(passes_in_child("internal: a child by its descriptor"));
}

TEST_CASE("internal: a child by its number" * doctest::skip()) {
  child_begins();
  deny_pidfds();
  keeps_its_word();
  struct sigaction now{};
  REQUIRE(::sigaction(SIGCHLD, nullptr, &now) == 0);
  CHECK((now.sa_handler != SIG_DFL));
}
TEST_CASE("[PR-12] where the kernel has no pidfd_open a child is known by its number, and its end by SIGCHLD") {
  CHECK(passes_in_child("internal: a child by its number"));
}

TEST_CASE("internal: a child in a sandbox" * doctest::skip()) {
  child_begins();
  deny_call(SYS_pidfd_open, EPERM);
  keeps_its_word();
}
TEST_CASE("[PR-12] a sandbox that forbids pidfd_open is a kernel without it") {
  CHECK(passes_in_child("internal: a child in a sandbox"));
}

TEST_CASE("internal: no descriptors for children" * doctest::skip()) {
  child_begins();
  {
    descriptor_hog hog;
    const auto refused = child_process::prepare();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == EMFILE);
  }
  keeps_its_word();
  struct sigaction now{};
  REQUIRE(::sigaction(SIGCHLD, nullptr, &now) == 0);
  CHECK((now.sa_handler == SIG_DFL));
}
TEST_CASE("[PR-12] a process that has no descriptors is no kernel that has none: it is asked again") {
  CHECK(passes_in_child("internal: no descriptors for children"));
}

TEST_CASE("internal: children that nobody waits for" * doctest::skip()) {
  child_begins();
  deny_pidfds();
  REQUIRE(child_process::prepare());
  REQUIRE((::signal(SIGCHLD, SIG_IGN) != SIG_ERR));
  waiting_child gone(0);
  gone.end();
  eventually("it is gone", [&] { return ::kill(gone.pid, 0) != 0; });
  const auto refused = child_process::open(gone.pid);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ESRCH);
}
TEST_CASE(
    "[PR-12] a program that says later that nobody waits for children: a spawn is an error, and no other's number") {
  CHECK(passes_in_child("internal: children that nobody waits for"));
}
