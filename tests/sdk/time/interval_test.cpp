// interval and its rules for missed ticks.
#include "tokio/time/interval.hpp"

#include <doctest/doctest.h>

#include "tokio/task.hpp"
#include "tokio/test.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using tokio::task;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;
using tokio::time::duration;
using tokio::time::instant;
using tokio::time::interval;
using tokio::time::interval_at;
using tokio::time::missed_tick_behavior;

namespace {

// When each tick was scheduled and seen, from the start, when the work after tick `late_after` takes `work`.
struct tick_times {
  duration scheduled, seen;
  bool operator==(const tick_times&) const = default;
};
std::vector<tick_times> run(missed_tick_behavior behavior, duration work, int ticks) {
  fake_host host;
  std::vector<tick_times> times;
  auto body = [&]() -> task<> {
    auto start = instant::now();
    interval every(50ms);
    every.set_missed_tick_behavior(behavior);
    for (int i = 0; i < ticks; ++i) {
      auto scheduled = co_await every.tick();
      times.push_back({scheduled - start, start.elapsed()});
      if (i == 1) co_await tokio::time::sleep(work);
    }
  };
  block_on(body());
  return times;
}

}  // namespace

TEST_CASE("[TM-07] the first tick is at once, the others a period apart") {
  CHECK(run(missed_tick_behavior::burst, 0ms, 4) ==
        std::vector<tick_times>{{0ms, 0ms}, {50ms, 50ms}, {100ms, 100ms}, {150ms, 150ms}});
}

TEST_CASE("[TM-07] interval_at starts where it is told, and a tick is its scheduled instant") {
  fake_host host;
  tokio::test::paused clock;
  auto start = instant::now() + 30ms;
  auto every = interval_at(start, 10ms);
  hand_poll first(every.tick());
  CHECK(first.poll().is_pending());
  clock.advance(33ms);
  CHECK(first.poll().value() == start);
  CHECK(hand_poll(every.tick()).poll().is_pending());
  clock.advance(7ms);
  CHECK(hand_poll(every.tick()).poll().value() == start + 10ms);
}

TEST_CASE("[TM-07] a period of zero panics") {
  fake_host host;
  CHECK_THROWS_WITH_AS(interval(0ms), "interval: the period must be greater than zero", tokio::panic_error);
}

TEST_CASE("[TM-07] dropping a tick that waits loses nothing") {
  fake_host host;
  tokio::test::paused clock;
  interval every(10ms);
  CHECK(hand_poll(every.tick()).poll().is_ready());
  for (int i = 0; i < 5; ++i) {
    CHECK(hand_poll(every.tick()).poll().is_pending());
    clock.advance(2ms);
  }
  CHECK(hand_poll(every.tick()).poll().is_ready());
}

TEST_CASE("[TM-08] burst keeps the schedule and catches up back to back") {
  CHECK(run(missed_tick_behavior::burst, 180ms, 7) ==
        std::vector<tick_times>{
            {0ms, 0ms}, {50ms, 50ms}, {100ms, 230ms}, {150ms, 230ms}, {200ms, 230ms}, {250ms, 250ms}, {300ms, 300ms}});
}

TEST_CASE("[TM-08] delay goes on one period after the late tick was seen") {
  CHECK(run(missed_tick_behavior::delay, 180ms, 5) ==
        std::vector<tick_times>{{0ms, 0ms}, {50ms, 50ms}, {100ms, 230ms}, {280ms, 280ms}, {330ms, 330ms}});
}

TEST_CASE("[TM-08] skip goes on with the next tick of the schedule that is not past") {
  CHECK(run(missed_tick_behavior::skip, 180ms, 5) ==
        std::vector<tick_times>{{0ms, 0ms}, {50ms, 50ms}, {100ms, 230ms}, {250ms, 250ms}, {300ms, 300ms}});
}

TEST_CASE("[TM-08] up to five milliseconds late nothing was missed") {
  for (auto behavior : {missed_tick_behavior::burst, missed_tick_behavior::delay, missed_tick_behavior::skip}) {
    auto times = run(behavior, 55ms, 4);
    CHECK(times[2] == tick_times{100ms, 105ms});
    CHECK(times[3] == tick_times{150ms, 150ms});
  }
  CHECK(run(missed_tick_behavior::delay, 56ms, 4)[3] == tick_times{156ms, 156ms});
}

TEST_CASE("[TM-09] [B-085] the resets move the next tick and then the period holds") {
  fake_host host;
  auto body = []() -> task<> {
    interval every(100ms);
    (void)co_await every.tick();
    auto now = instant::now();
    every.reset();
    CHECK(co_await every.tick() == now + 100ms);
    now = instant::now();
    every.reset_immediately();
    CHECK(co_await every.tick() == now);
    every.reset_after(20ms);
    CHECK(co_await every.tick() == now + 20ms);
    every.reset_at(now + 60ms);
    CHECK(co_await every.tick() == now + 60ms);
    every.reset_at(now + 1060ms);
    CHECK(co_await every.tick() == now + 1060ms);
    CHECK(co_await every.tick() == now + 1160ms);
  };
  block_on(body());
}

TEST_CASE("[TM-09] a reset into the past catches up by the policy") {
  fake_host host;
  tokio::test::paused clock;
  clock.advance(1s);
  interval every(100ms);
  every.set_missed_tick_behavior(missed_tick_behavior::delay);
  every.reset_at(instant::now() - 350ms);
  auto now = instant::now();
  CHECK(hand_poll(every.tick()).poll().value() == now - 350ms);
  CHECK(hand_poll(every.tick()).poll().is_pending());
  clock.advance(100ms);
  CHECK(hand_poll(every.tick()).poll().value() == now + 100ms);
}

TEST_CASE("[TM-10] a huge period does not overflow, and the settings can be read") {
  fake_host host;
  interval every(duration::max());
  CHECK(every.period() == duration::max());
  CHECK(every.missed_tick_behavior() == missed_tick_behavior::burst);
  CHECK(hand_poll(every.tick()).poll().is_ready());
  CHECK(hand_poll(every.tick()).poll().is_pending());
}
