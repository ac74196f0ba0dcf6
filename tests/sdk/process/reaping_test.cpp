// How children are reaped: rows PR-12 and PR-13. No zombie and no descriptor may be left.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "children.hpp"
#include "sdk/net/on_host.hpp"
#include "support/descriptor_hog.hpp"
#include "tokio/task.hpp"
#include "tokio/time.hpp"

namespace {

using namespace tokio;
using namespace tokio::process;
using test::shell;
using test::why;

// What is made once for a process is made.
task<int> first_child() {
  CHECK((co_await command("/bin/true").status())->success());
  co_return 0;
}

}  // namespace

TEST_CASE("[PR-12] a hundred children that end together are all heard of, and nothing is left of them") {
  test::on_host real;
  real.run([]() -> task<int> {
    co_await first_child();
    const auto before = test::open_descriptors();
    {
      std::vector<child> all;
      for (int i = 0; i < 100; ++i)
        all.push_back(shell("read x; exit " + std::to_string(i)).stdin_(stdio::piped()).spawn().value());
      std::vector<join_handle<int>> waiters;
      for (auto& one : all)
        waiters.push_back(spawn(
            [](child which) -> task<int> { co_return (co_await which.wait())->code().value_or(-1); }, std::move(one)));
      for (int i = 0; i < 100; ++i) CHECK((co_await std::move(waiters[static_cast<std::size_t>(i)])).value() == i);
    }
    CHECK(test::no_children());
    CHECK(test::open_descriptors() == before);
    co_return 0;
  }());
}

TEST_CASE("[PR-12] a child of somebody else in this process is left to them") {
  test::on_host real;
  const pid_t theirs = ::fork();
  if (theirs == 0) ::_exit(33);
  real.run([]() -> task<int> {
    co_await first_child();
    {
      auto dropped = command("/bin/true").spawn();
    }
    co_return 0;
  }());
  int status = 0;
  REQUIRE(::waitpid(theirs, &status, 0) == theirs);
  CHECK(WEXITSTATUS(status) == 33);
  test::all_children_go();
}

TEST_CASE("[PR-12] an end that a debugger holds back is heard of when it is let go") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto traced = command("/bin/cat").stdin_(stdio::piped()).spawn().value();
    int hold[2], says[2];
    REQUIRE(::pipe2(hold, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(says, O_CLOEXEC) == 0);
    const auto pid = traced.id().value();
    const pid_t debugger = ::fork();
    if (debugger == 0) {
      char one = 0;
      ::close(hold[1]);
      const char seized = ::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) == 0 ? 'y' : 'n';
      (void)!::write(says[1], &seized, 1);
      (void)!::read(hold[0], &one, 1);
      ::_exit(0);
    }
    char seized = 'n';
    REQUIRE(::read(says[0], &seized, 1) == 1);
    REQUIRE(seized == 'y');
    CHECK(why(traced.start_kill()) == "ok");
    const auto early = co_await time::timeout(std::chrono::milliseconds(50), traced.wait());
    CHECK_FALSE(early.has_value());
    CHECK_FALSE(traced.try_wait()->has_value());
    ::close(hold[1]);
    CHECK((co_await traced.wait())->signal() == SIGKILL);
    for (const int fd : {hold[0], says[0], says[1]}) ::close(fd);
    CHECK(::waitpid(debugger, nullptr, 0) == debugger);
    co_return 0;
  }());
  CHECK(test::no_children());
}

TEST_CASE("[PR-12] without descriptors a spawn is refused, and leaves neither a child nor a descriptor") {
  test::on_host real;
  real.run([]() -> task<int> {
    co_await first_child();
    const auto before = test::open_descriptors();
    bool worked = false;
    int refused = 0;
    for (std::size_t room = 0; room < 32 && !worked; ++room) {
      tokiod::test::descriptor_hog hog;
      (void)hog.give_back(room);
      auto made = command("/bin/true").stdin_(stdio::piped()).stdout_(stdio::piped()).stderr_(stdio::null()).spawn();
      hog.give_back_all();
      worked = made.has_value();
      if (!made) {
        CHECK(made.error().kind() == error_kind::resource_exhausted);
        CHECK(test::no_children());
        ++refused;
      } else {
        CHECK((co_await made->wait())->success());
      }
    }
    CHECK(worked);
    CHECK(refused > 5);  // at each step of the spawn
    CHECK(test::open_descriptors() == before);
    co_return 0;
  }());
}

TEST_CASE("[PR-13] children that are dropped while they run are reaped when they end") {
  test::on_host real;
  real.run([]() -> task<int> {
    co_await first_child();
    const auto before = test::open_descriptors();
    std::vector<child_stdin> held;
    for (int i = 0; i < 20; ++i) {
      auto one = command("/bin/cat").stdin_(stdio::piped()).stdout_(stdio::null()).spawn().value();
      held.push_back(*std::exchange(one.stdin_, std::nullopt));
    }
    CHECK(test::a_child_runs());  // they run
    held.clear();
    test::all_children_go();
    tokiod::test::eventually("no descriptor is left", [&] { return test::open_descriptors() == before; });
    co_return 0;
  }());
}

TEST_CASE("[PR-13] who is reaped while other children are made closes no descriptor of somebody else") {
  test::on_host real;
  real.run([]() -> task<int> {
    co_await first_child();
    const auto before = test::open_descriptors();
    for (int round = 0; round < 30; ++round) {
      for (int i = 0; i < 5; ++i) {
        auto dropped = command("/bin/true").spawn();
      }
      const tokiod::unique_fd ours(::open("/dev/null", O_RDONLY | O_CLOEXEC));  // may have a number that was a child's
      auto slow = shell(":").pre_exec([] { return ::usleep(2000); }).spawn();   // holds copies of all, for a while
      CHECK((co_await slow->wait())->success());
      CHECK(::fcntl(ours.get(), F_GETFD) == FD_CLOEXEC);
    }
    test::all_children_go();
    tokiod::test::eventually("no descriptor is left", [&] { return test::open_descriptors() == before; });
    co_return 0;
  }());
}

TEST_CASE("[PR-13] a child that has ended before it is dropped is reaped at once") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto zombie = command("/bin/true").spawn();
    siginfo_t seen{};
    CHECK(::waitid(P_PID, static_cast<id_t>(zombie->id().value()), &seen, WEXITED | WNOWAIT) == 0);  // is one now
    {
      auto dropped = *std::move(zombie);
    }
    CHECK(test::no_children());
    co_return 0;
  }());
}

TEST_CASE("[PR-13] children outlive the instance, and are reaped after it; with kill_on_drop they end with it") {
  std::atomic<std::int32_t> killed = 0;
  int fds[2];
  REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
  {
    test::on_host real;
    spawn(
        [](int own, std::atomic<std::int32_t>* pid) -> task<> {
          auto shot = shell("exec sleep 1000").kill_on_drop(true).spawn().value();
          auto left = command("/bin/cat").stdin_(owned_fd(own)).spawn();
          *pid = shot.id().value();
          co_await shot.wait();
        },
        fds[0], &killed)
        .detach();
    tokiod::test::eventually("it is spawned", [&] { return killed != 0; });
  }
  tokiod::test::eventually("the one is killed and reaped", [&] { return test::is_gone(killed); });
  CHECK(test::a_child_runs());  // the other one goes on
  ::close(fds[1]);
  test::all_children_go();
}
