// sleep and sleep_until.
#include "tokio/time/sleep.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string_view>
#include <utility>

#include "tokio/task.hpp"
#include "tokio/test.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using tokio::task;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;
using tokio::time::instant;
using tokio::time::sleep;
using tokio::time::sleep_until;

TEST_CASE("[TM-02] a sleep ends at its deadline and not before") {
  fake_host host;
  tokio::test::paused clock;
  hand_poll nap(sleep(1ms));
  for (int i = 0; i < 4; ++i) {
    CHECK(nap.poll().is_pending());
    CHECK_FALSE(nap.is_woken());
    clock.advance(250us);
  }
  CHECK(nap.is_woken());
  CHECK(nap.poll().is_ready());
}

TEST_CASE("[TM-02] the host's timer is made by the first pending poll, and goes with the sleep") {
  fake_host host;
  {
    hand_poll nap(sleep(1ms));
    CHECK(host.timers.empty());
    CHECK(nap.poll().is_pending());
    CHECK(host.timers.size() == 1);
    nap.drop();
    CHECK(host.timers.empty());
  }
  hand_poll instantly(sleep(0ms));
  CHECK(instantly.poll().is_ready());
  CHECK(host.timers.empty());
}

TEST_CASE("[TM-02] the deadline counts from the call, not from the first poll") {
  fake_host host;
  tokio::test::paused clock;
  auto nap = sleep(10ms);
  clock.advance(15ms);
  CHECK(hand_poll(std::move(nap)).poll().is_ready());
}

TEST_CASE("[TM-02] a span that would overflow is a sleep without an end in sight") {
  fake_host host;
  tokio::test::paused clock;
  hand_poll forever(sleep(tokio::time::duration::max()));
  CHECK(forever.poll().is_pending());
  clock.advance(24h * 365 * 30);
  CHECK_FALSE(forever.is_woken());
  hand_poll last(sleep_until(instant::far_future()));
  CHECK(last.poll().is_pending());
}

TEST_CASE("[TM-03] a sleep can be reset earlier and later, before and after it fired") {
  fake_host host;
  tokio::test::paused clock;
  auto start = instant::now();
  hand_poll nap(sleep(10ms));
  CHECK(nap.poll().is_pending());
  nap.future().reset(start + 20ms);
  CHECK(nap.future().deadline() == start + 20ms);
  clock.advance(10ms);
  CHECK_FALSE(nap.is_woken());
  nap.future().reset(start + 15ms);
  CHECK_FALSE(nap.future().is_elapsed());
  clock.advance(5ms);
  CHECK(nap.is_woken());
  CHECK(nap.poll().is_ready());
  CHECK(nap.future().is_elapsed());
  nap.future().reset(start + 40ms);
  CHECK_FALSE(nap.future().is_elapsed());
  CHECK(nap.poll().is_pending());
  clock.advance(25ms);
  CHECK(nap.poll().is_ready());
}

TEST_CASE("[TM-03] a reset into the past fires at the next poll") {
  fake_host host;
  tokio::test::paused clock;
  clock.advance(1s);
  hand_poll nap(sleep(10s));
  CHECK(nap.poll().is_pending());
  nap.future().reset(instant::now() - 1ms);
  CHECK(nap.poll().is_ready());
}

TEST_CASE("[TM-05] a sleep that is ready costs one unit, a pending one none") {
  fake_host host;
  tokio::test::paused clock;
  hand_poll nap(sleep(1ms));
  CHECK(nap.poll_with_budget(2).is_pending());
  CHECK(nap.budget_left() == 2);
  clock.advance(1ms);
  CHECK(nap.poll_with_budget(0).is_pending());
  CHECK(nap.poll_with_budget(2).is_ready());
  CHECK(nap.budget_left() == 1);
  hand_poll instantly(sleep(0ms));
  CHECK(instantly.poll_with_budget(0).is_pending());
  CHECK(instantly.is_woken());
  CHECK(instantly.poll_with_budget(1).is_ready());
  CHECK(instantly.budget_left() == 0);
}

TEST_CASE("[TM-12] time jumps to the next timer when nothing else can run") {
  fake_host host;
  auto start = instant::now();
  std::vector<int> order;
  auto nap = [&](int name, tokio::time::duration span) -> task<> {
    co_await sleep(span);
    order.push_back(name);
  };
  auto year = 24h * 365;
  block_on(tokio::join(nap(3, 10 * year), nap(1, 1ms), nap(2, year)));
  CHECK(order == std::vector<int>{1, 2, 3});
  CHECK(start.elapsed() == 10 * year);
}

TEST_CASE("[B-089] a sleep dropped after it was woken leaves the other timers alone") {
  fake_host host;
  tokio::test::paused clock;
  hand_poll first(sleep(1ms)), second(sleep(1ms)), third(sleep(2ms));
  CHECK(first.poll().is_pending());
  CHECK(second.poll().is_pending());
  CHECK(third.poll().is_pending());
  clock.advance(1ms);
  first.drop();
  CHECK(second.poll().is_ready());
  clock.advance(1ms);
  CHECK(third.poll().is_ready());
}

TEST_CASE("[B-087] two runs of the same random sleeps are identical") {
  auto run = [] {
    fake_host host(11);
    std::vector<std::uint64_t> seen;
    auto napper = [&](std::uint32_t seed) -> task<> {
      for (int i = 0; i < 20; ++i) {
        seed = seed * 1664525u + 1013904223u;
        co_await sleep(std::chrono::microseconds(seed % 5000));
        seen.push_back(instant::now().ns() * 31 + seed);
      }
    };
    for (std::uint32_t i = 0; i < 10; ++i) tokio::spawn(napper, i).detach();
    host.run_until_idle();
    return seen;
  };
  auto first = run();
  CHECK(first.size() == 200);
  CHECK(first == run());
}

TEST_CASE("[TM-02] where no host has timers, a sleep panics when it is made") {
  CHECK_THROWS_AS((void)sleep(1ms), tokio::panic_error);
  CHECK_THROWS_AS((void)sleep_until(instant::from_ns(1)), tokio::panic_error);
  fake_host host;
  auto* before = std::exchange(tokio::host.time, nullptr);
  CHECK_THROWS_WITH_AS((void)sleep(1ms), "timers are not offered by this host (tokio.time/1)", tokio::panic_error);
  CHECK_THROWS_AS((void)tokio::time::interval_at(instant::now(), 1ms), tokio::panic_error);
  tokio::host.time = before;
}

TEST_CASE("[TM-13] a timer that the host refuses says which of three things is wrong") {
  fake_host host;
  const auto refused_with = [&](tokio_status status) {
    host.timer_status = status;
    hand_poll nap(sleep(1ms));
    try {
      (void)nap.poll();
    } catch (const tokio::time::timer_error& thrown) {
      return thrown;
    }
    return tokio::time::timer_error(TOKIO_OK);
  };
  const auto is = [](const tokio::time::timer_error& e) {
    return std::array{e.is_shutdown(), e.is_at_capacity(), e.is_invalid()};
  };
  CHECK(is(refused_with(TOKIO_ESHUTDOWN)) == std::array{true, false, false});
  CHECK(is(refused_with(TOKIO_EGONE)) == std::array{true, false, false});
  CHECK(is(refused_with(TOKIO_EQUOTA)) == std::array{false, true, false});
  CHECK(is(refused_with(TOKIO_ENOMEM)) == std::array{false, true, false});
  CHECK(is(refused_with(TOKIO_EINVAL)) == std::array{false, false, true});
  CHECK(std::string_view(refused_with(TOKIO_EQUOTA).what()) ==
        "the host refused a timer: a limit of this plugin is reached");
}

TEST_CASE("[TM-13] a task whose timer is refused ends with that error") {
  fake_host host;
  host.timer_status = TOKIO_ESHUTDOWN;
  auto napping = tokio::spawn([]() -> task<> { co_await sleep(1ms); });
  const auto error = block_on(napping).error();
  REQUIRE(error.is_panic());
  CHECK_THROWS_AS(error.rethrow(), tokio::time::timer_error);
}

TEST_CASE("[TM-12] time does not jump while a blocking job is under way") {
  fake_host host;
  host.hold_jobs = true;
  const auto start = instant::now();
  auto job = tokio::spawn_blocking([] {});
  auto napping = tokio::spawn([]() -> task<> { co_await sleep(1h); });
  host.run_until_idle();
  CHECK(instant::now() == start);
  host.hold_jobs = false;
  host.run_until_idle();
  CHECK(start.elapsed() == 1h);
  CHECK(napping.is_finished());
}
