// The test kit on itself, rows TT-03 and TT-04.
#include "tokio/test/assertions.hpp"

#include <doctest/doctest.h>

#include <expected>
#include <memory>
#include <string>

#include "tokio/process.hpp"
#include "tokio/signal.hpp"
#include "tokio/task.hpp"
#include "tokio/test.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using tokio::task;
using namespace tokio::test;

namespace {

// Wakes itself so many times, then is ready.
class restless {
 public:
  using output = int;
  explicit restless(int times) : left_(times) {}
  tokio::poll<int> poll(tokio::context& cx) {
    if (left_ == 0) return 7;
    --left_;
    cx.waker().wake();
    return tokio::pending;
  }

 private:
  int left_;
};

// The sentence of a failed assertion, without its place.
template <class Fn>
std::string failure_of(Fn fn) {
  try {
    fn();
  } catch (const assertion_failed& failed) {
    const std::string text = failed.what();
    CHECK(text.find("test_kit_test.cpp:") != std::string::npos);
    return text.substr(text.rfind(": ") + 2);
  }
  return "";
}

}  // namespace

TEST_CASE("[TT-03] a future is polled by hand, and its wakes are seen") {
  fake_host host;
  hand_poll waits{tokio::yield_now()};
  CHECK_FALSE(waits.is_woken());
  CHECK(waits.poll().is_pending());
  CHECK(waits.is_woken());
  CHECK(waits.wakes() == 1);
  CHECK(waits.poll().is_ready());
  CHECK_FALSE(waits.is_woken());
}

TEST_CASE("[TT-03] [B-123] poll_until_idle polls as long as the future wakes itself, and panics when that has no end") {
  fake_host host;
  hand_poll ends(restless(149));
  CHECK(ends.poll_until_idle().value() == 7);
  hand_poll endless(restless(150));
  CHECK_THROWS_AS((void)endless.poll_until_idle(), tokio::panic_error);
  hand_poll sleeps(tokio::time::sleep(1ms));
  CHECK(sleeps.poll_until_idle().is_pending());
}

TEST_CASE("[TT-03] enter gives the future and a context, and the future can be had back") {
  fake_host host;
  auto tracked = std::make_shared<int>(1);
  hand_poll holds(tokio::poll_fn([tracked](tokio::context&) -> tokio::poll<int> { return *tracked; }));
  const int twice = holds.enter([](auto& future, tokio::context& cx) {
    cx.waker().wake();
    return 2 * future.poll(cx).value();
  });
  CHECK(twice == 2);
  CHECK(holds.is_woken());
  CHECK(tracked.use_count() == 2);
  {
    auto back = std::move(holds).into_inner();
    CHECK(tracked.use_count() > 1);
    holds.drop();
    CHECK(tracked.use_count() == 2);
  }
  CHECK(tracked.use_count() == 1);
}

TEST_CASE("[TT-03] a future that throws is left as one that returns is") {
  fake_host host;
  hand_poll throws(tokio::poll_fn([](tokio::context& cx) -> tokio::poll<int> {
    (void)cx.proceed();
    throw 1;
  }));
  CHECK_THROWS_AS((void)throws.poll_with_budget(3), int);
  CHECK(throws.budget_left() == 2);
  CHECK(tokio::this_thread.cx == nullptr);
}

TEST_CASE("[TT-04] assertions on polls give what is inside, or say what is wrong") {
  using result = std::expected<int, std::string>;
  CHECK(assert_ready(tokio::poll<int>(3)) == 3);
  CHECK(*assert_ready(tokio::poll<std::unique_ptr<int>>(std::make_unique<int>(4))) == 4);
  assert_ready(tokio::ready());
  assert_pending(tokio::poll<int>(tokio::pending));
  assert_ready_eq(tokio::poll<int>(3), 3);
  CHECK(assert_ready_ok(tokio::poll<result>(result(5))) == 5);
  CHECK(assert_ready_err(tokio::poll<result>(result(std::unexpect, "no"))) == "no");
  CHECK(failure_of([] { assert_ready(tokio::poll<int>(tokio::pending)); }) == "the poll is pending, and must be ready");
  CHECK(failure_of([] { assert_pending(tokio::ready()); }) == "the poll is ready, and must be pending");
  CHECK(failure_of([] { assert_ready_eq(tokio::poll<int>(3), 4); }) == "the poll is ready with another value");
  CHECK(failure_of([] { assert_ready_ok(tokio::poll<result>(result(std::unexpect, "no"))); }) ==
        "the result is an error, and must be a value");
}

TEST_CASE("[TT-04] assertions on results give the value or the error") {
  CHECK(assert_ok(std::expected<int, char>(3)) == 3);
  assert_ok(std::expected<void, char>());
  CHECK(assert_err(std::expected<int, char>(std::unexpect, 'x')) == 'x');
  CHECK(failure_of([] { assert_ok(std::expected<void, char>(std::unexpect, 'x')); }) ==
        "the result is an error, and must be a value");
  CHECK(failure_of([] { assert_err(std::expected<int, char>(3)); }) == "the result is a value, and must be an error");
}

TEST_CASE("[TT-04] elapsed time is asserted to a millisecond") {
  fake_host host;
  paused clock;
  const auto start = tokio::time::instant::now();
  clock.advance(10ms);
  assert_elapsed(start, 9ms);
  assert_elapsed(start, 10ms);
  assert_elapsed(start, 11ms);
  CHECK(failure_of([&] { assert_elapsed(start, 8999us); }) == "more time has passed than must have");
  CHECK(failure_of([&] { assert_elapsed(start, 11001us); }) == "less time has passed than must have");
}

TEST_CASE("[TT-04] block_on runs a future to its end, with all that it spawned") {
  fake_host host;
  const auto start = tokio::time::instant::now();
  CHECK(block_on([]() -> task<int> {
          auto handle = tokio::spawn([]() -> task<int> {
            co_await tokio::time::sleep(1h);
            co_return 3;
          });
          co_return (co_await handle).value();
        }()) == 3);
  assert_elapsed(start, 1h);
}

TEST_CASE("[TT-04] a task that gives its turn away again and again does not hold up a blocking job") {
  fake_host host;
  CHECK(block_on([]() -> task<int> {
          auto job = tokio::spawn_blocking([] { return 3; });
          while (!job.is_finished()) co_await tokio::yield_now();
          co_return (co_await job).value();
        }()) == 3);
}

TEST_CASE("[MC-02] an asynchronous test runs on a fresh host of its own, and leaves nothing behind") {
  const auto alive = std::make_shared<int>(1);
  const auto first = tokio::test::run([&]() -> tokio::task<std::uint64_t> {
    tokio::spawn([](std::shared_ptr<int>) -> tokio::task<> { co_await tokio::time::sleep(1h); }, alive).detach();
    co_await tokio::time::sleep(5s);
    co_return tokio::test::fake_core::current->now_ns;
  });
  CHECK(alive.use_count() == 1);
  CHECK(tokio::test::fake_core::current == nullptr);
  CHECK(tokio::test::run([]() -> tokio::task<std::uint64_t> {
          co_await tokio::time::sleep(5s);
          co_return tokio::test::fake_core::current->now_ns;
        }) == first);
  CHECK_THROWS_AS(tokio::test::run([]() -> tokio::task<> {
                    throw std::runtime_error("as asked");
                    co_return;
                  }),
                  std::runtime_error);
}

TEST_CASE("the fake host makes no processes and hears no signals, and says so") {
  fake_host host;
  const tokio::instance_scope scope(host.instance());
  const auto made = tokio::process::command("/bin/true").spawn();
  CHECK(made.error().kind() == tokio::error_kind::unsupported);
  const auto heard = tokio::signal::signal(tokio::signal::signal_kind::hangup());
  CHECK(heard.error().kind() == tokio::error_kind::unsupported);
}
