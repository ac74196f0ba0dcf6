// task_monitor: how instrumented futures spend their time, polled by hand on a clock that is moved by hand.
#include "tokio/metrics/task_monitor.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

#include "sdk/task/probe.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using sdk_test::gate;
using tokio::metrics::task_monitor;
using tokio::test::fake_host;
using tokio::test::hand_poll;
using tokio::test::paused;

namespace {

// A leaf whose polls take time: `spends` of it pass in each.
struct slow_leaf {
  using output = int;
  fake_host* host;
  gate* at;
  tokio::time::duration spends;
  tokio::poll<int> poll(tokio::context& cx) {
    host->now_ns += tokio::time::to_ns(spends);
    return at->wait().poll(cx);
  }
};

}  // namespace

TEST_CASE("[OB-13] what is instrumented is counted once, also when it was moved, and once when it is dropped") {
  fake_host host;
  const task_monitor monitor;
  gate never;
  {
    auto future = monitor.instrument(never.wait());
    CHECK(monitor.cumulative().instrumented_count == 1);
    auto moved = std::move(future);
    CHECK(monitor.cumulative().dropped_count == 0);
    auto other = monitor.instrument(never.wait());
    other = std::move(moved);
    CHECK(monitor.cumulative().instrumented_count == 2);
  }
  CHECK(monitor.cumulative().dropped_count == 2);
  CHECK(monitor.cumulative().first_poll_count == 0);
}

TEST_CASE("[OB-13] the first poll is counted with its delay, and is no wait for a wake") {
  fake_host host;
  paused clock;
  const task_monitor monitor;
  gate at;
  hand_poll future(monitor.instrument(at.wait()));
  clock.advance(3ms);
  CHECK(future.poll().is_pending());
  auto seen = monitor.cumulative();
  CHECK(seen.first_poll_count == 1);
  CHECK(seen.total_first_poll_delay == 3ms);
  CHECK(seen.mean_first_poll_delay() == 3ms);
  CHECK(seen.total_scheduled_count == 0);
  CHECK(seen.total_idled_count == 0);
  CHECK(seen.total_poll_count == 1);
}

TEST_CASE("[OB-13] idle until the wake, scheduled from the wake to the poll") {
  fake_host host;
  paused clock;
  const task_monitor monitor;
  gate at;
  hand_poll future(monitor.instrument(at.wait()));
  CHECK(future.poll().is_pending());
  clock.advance(7ms);
  at.nudge();
  clock.advance(20us);
  at.nudge();  // merged with the first
  clock.advance(10us);
  CHECK(future.poll().is_pending());
  auto seen = monitor.cumulative();
  CHECK(seen.total_idled_count == 1);
  CHECK(seen.total_idle_duration == 7ms);
  CHECK(seen.total_scheduled_count == 1);
  CHECK(seen.total_scheduled_duration == 30us);
  CHECK(seen.total_short_delay_count == 1);
  CHECK(seen.total_long_delay_count == 0);

  clock.advance(1ms);
  at.open(5);
  clock.advance(50us);  // the threshold itself is long
  CHECK(future.poll().value() == 5);
  seen = monitor.cumulative();
  CHECK(seen.total_idle_duration == 8ms);
  CHECK(seen.mean_idle_duration() == 4ms);
  CHECK(seen.max_idle_duration == 7ms);
  CHECK(seen.total_scheduled_duration == 80us);
  CHECK(seen.mean_scheduled_duration() == 40us);
  CHECK(seen.total_long_delay_count == 1);
  CHECK(seen.total_long_delay_duration == 50us);
  CHECK(seen.mean_long_delay_duration() == 50us);
  CHECK(seen.mean_short_delay_duration() == 30us);
  CHECK(seen.long_delay_ratio() == 0.5);
}

TEST_CASE("[OB-13] a poll without a wake ends no idle time and is no wait") {
  fake_host host;
  paused clock;
  const task_monitor monitor;
  gate at;
  hand_poll future(monitor.instrument(at.wait()));
  CHECK(future.poll().is_pending());
  clock.advance(7ms);
  CHECK(future.poll().is_pending());
  CHECK(monitor.cumulative().total_idled_count == 0);
  CHECK(monitor.cumulative().total_scheduled_count == 0);
  CHECK(monitor.cumulative().total_poll_count == 2);
}

TEST_CASE("[OB-13] who wakes himself was never idle") {
  fake_host host;
  paused clock;
  const task_monitor monitor;
  hand_poll future(monitor.instrument(tokio::yield_now()));
  CHECK(future.poll().is_pending());
  REQUIRE(future.is_woken());
  clock.advance(2us);
  CHECK(future.poll().is_ready());
  const auto seen = monitor.cumulative();
  CHECK(seen.total_idled_count == 0);
  CHECK(seen.total_scheduled_count == 1);
  CHECK(seen.total_scheduled_duration == 2us);
}

TEST_CASE("[OB-13] polls are slow or fast by the threshold, waits long or short by theirs") {
  fake_host host;
  const task_monitor monitor(10us, 1ms);
  CHECK(monitor.slow_poll_threshold() == 10us);
  CHECK(monitor.long_delay_threshold() == 1ms);
  CHECK(task_monitor().slow_poll_threshold() == 50us);
  CHECK(task_monitor().long_delay_threshold() == 50us);
  gate at;
  for (const auto spends : {4us, 10us, 30us}) {
    hand_poll future(monitor.instrument(slow_leaf{&host, &at, spends}));
    CHECK(future.poll().is_pending());
  }
  const auto seen = monitor.cumulative();
  CHECK(seen.total_poll_count == 3);
  CHECK(seen.total_poll_duration == 44us);
  CHECK(seen.total_fast_poll_count == 1);
  CHECK(seen.mean_fast_poll_duration() == 4us);
  CHECK(seen.total_slow_poll_count == 2);
  CHECK(seen.total_slow_poll_duration == 40us);
  CHECK(seen.mean_slow_poll_duration() == 20us);
  CHECK(seen.slow_poll_ratio() == doctest::Approx(2.0 / 3));
}

TEST_CASE("[OB-13] an interval has what came since the last, its longest idle time, too") {
  fake_host host;
  paused clock;
  const task_monitor monitor;
  gate at;
  hand_poll future(monitor.instrument(at.wait()));
  CHECK(future.poll().is_pending());
  auto changes = monitor.intervals();
  CHECK(changes.next().instrumented_count == 1);  // since the monitor was made
  const auto idle_for = [&](tokio::time::duration span) {
    clock.advance(span);
    at.nudge();
    CHECK(future.poll().is_pending());
  };
  idle_for(9ms);
  auto seen = changes.next();
  CHECK(seen.instrumented_count == 0);
  CHECK(seen.total_poll_count == 1);
  CHECK(seen.max_idle_duration == 9ms);
  idle_for(2ms);
  seen = changes.next();
  CHECK(seen.total_idle_duration == 2ms);
  CHECK(seen.max_idle_duration == 2ms);
  CHECK(monitor.cumulative().max_idle_duration == 9ms);
  CHECK(changes.next().total_poll_count == 0);
  CHECK(changes.next().mean_poll_duration() == 0ms);
}

TEST_CASE("[OB-13] a host that does not know when a task was woken: idle from poll to poll") {
  fake_host host;
  tokio::host.trace = nullptr;
  paused clock;
  const task_monitor monitor;
  gate at;
  hand_poll future(monitor.instrument(at.wait()));
  CHECK(future.poll().is_pending());
  clock.advance(7ms);
  CHECK(future.poll().is_pending());
  CHECK(monitor.cumulative().total_idle_duration == 7ms);
  CHECK(monitor.cumulative().total_scheduled_count == 0);
}

TEST_CASE("[OB-13] as a task of its own, with a coroutine in it, and one that throws") {
  fake_host host;
  const task_monitor monitor;
  auto sleeper = tokio::spawn(monitor.instrument([]() -> tokio::task<int> {
    co_await tokio::time::sleep(5ms);
    co_return 4;
  }()));
  CHECK(tokio::test::block_on(sleeper).value() == 4);
  auto thrower = tokio::spawn(monitor.instrument([]() -> tokio::task<int> {
    co_await tokio::yield_now();
    throw std::runtime_error("thrown");
  }()));
  CHECK(tokio::test::block_on(thrower).error().is_panic());
  const auto seen = monitor.cumulative();
  CHECK(seen.instrumented_count == 2);
  CHECK(seen.dropped_count == 2);
  CHECK(seen.total_idle_duration == 5ms);
  CHECK(seen.total_poll_count == 3);  // one that throws has no end
}
