// Child processes on runtimes of a program: rows PR-04 and PR-06.
#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "flavors.hpp"
#include "tokio/process.hpp"
#include "tokio/time.hpp"

namespace {

using namespace tokio::test;
using tokio::task;
using tokio::process::child;
using tokio::process::command;
using tokio::process::stdio;

}  // namespace

TEST_CASE("[PR-04] without an I/O driver spawn panics, and says what to call") {
  auto timed = make(tokio::runtime::builder::new_current_thread().enable_time());
  const auto run = []() -> task<bool> { co_return command("/bin/true").spawn().has_value(); };
  CHECK_THROWS_WITH_AS(timed.block_on(run), "there is no reactor running: enable_io() was not called",
                       tokio::panic_error);
}

TEST_CASE("[PR-04] [PR-09] commands run on both flavors") {
  on_both([](tokio::runtime::runtime& rt, bool) {
    const auto got = rt.block_on([]() -> task<std::string> {
      auto all = co_await command("/bin/echo").arg("hello").output();
      co_return all->stdout_;
    });
    CHECK(got == "hello\n");
  });
}

TEST_CASE("[PR-06] a child of one runtime is waited for in another") {
  auto rt = make(both(false));
  auto made =
      rt.block_on([]() -> task<child> { co_return command("/bin/cat").stdin_(stdio::piped()).spawn().value(); });
  auto other = make(both(true));
  const auto code =
      other.block_on([&]() -> task<std::optional<std::int32_t>> { co_return (co_await made.wait())->code(); });
  CHECK(code == 0);
}

TEST_CASE("[PR-11] on the program's own thread, too, writing to a child that has gone is an error") {
  auto rt = make(both(true));
  const auto kind = rt.block_on([]() -> task<tokio::error_kind> {
    auto gone = command("/bin/true").stdin_(stdio::piped()).spawn().value();
    auto to = *std::exchange(gone.stdin_, std::nullopt);
    (void)co_await gone.wait();
    co_return (co_await to.write_all("x")).error().kind();
  });
  CHECK(kind == tokio::error_kind::broken_pipe);
}

TEST_CASE("[PR-06] who waits for a child in another runtime waits on when the one that made it ends") {
  auto rt = make(both(false));
  auto kept =
      rt.block_on([]() -> task<child> { co_return command("/bin/cat").stdin_(stdio::piped()).spawn().value(); });
  auto input = *std::exchange(kept.stdin_, std::nullopt);
  auto other = make(both(true));
  const auto code = other.block_on([&]() -> task<std::optional<std::int32_t>> {
    auto waiting = kept.wait();
    int polls = 0;
    auto ended = co_await tokio::poll_fn([&](tokio::context& cx) {
      auto got = waiting.poll(cx);
      ++polls;
      if (polls == 1) std::move(rt).shutdown_background();     // wakes this task
      if (polls == 2) (void)std::move(input).into_owned_fd();  // and closed: the child ends
      return got;
    });
    CHECK(polls >= 2);
    co_return ended->code();
  });
  CHECK(code == 0);
}

TEST_CASE(
    "[PR-06] a child that outlives its runtime: try_wait, kill and wait work from another one, which may end, too") {
  std::optional<child> kept;
  {
    auto rt = make(both(true));
    kept = rt.block_on([]() -> task<child> {
      auto made = command("/bin/sleep").arg("1000").spawn().value();
      (void)co_await tokio::time::timeout(std::chrono::milliseconds(1), made.wait());  // it has been watched
      co_return made;
    });
  }
  const auto not_yet = [&]() -> task<bool> {
    co_return !(co_await tokio::time::timeout(std::chrono::milliseconds(1), kept->wait())).has_value();
  };
  CHECK(make(both(true)).block_on(not_yet));
  CHECK(make(both(false)).block_on(not_yet));
  CHECK_FALSE(kept->try_wait()->has_value());
  CHECK(kept->start_kill().has_value());
  auto last = make(both(true));
  const auto signal =
      last.block_on([&]() -> task<std::optional<std::int32_t>> { co_return (co_await kept->wait())->signal(); });
  CHECK(signal == SIGKILL);
}
