// timeout and timeout_at.
#include "tokio/time/timeout.hpp"

#include <doctest/doctest.h>

#include "sdk/task/probe.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using sdk_test::gate;
using sdk_test::tracer;
using tokio::task;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;
using tokio::time::instant;
using tokio::time::timeout;
using tokio::time::timeout_at;

namespace {
task<int> give(int value) { co_return value; }
}  // namespace

TEST_CASE("[TM-06] a ready future wins over a zero timeout, and costs no timer") {
  fake_host host;
  hand_poll quick{timeout(0ms, give(4))};
  CHECK(quick.poll().value() == 4);
  CHECK(host.timers.empty());
  CHECK(block_on(timeout_at(instant(), give(5))) == 5);
}

TEST_CASE("[TM-06] a pending future under a zero timeout is elapsed at once") {
  fake_host host;
  gate slow;
  hand_poll late{timeout(0ms, slow.wait())};
  auto polled = late.poll();
  REQUIRE(polled.is_ready());
  CHECK_FALSE(polled.value().has_value());
  CHECK(polled.value().error() == tokio::time::elapsed{});
  CHECK(slow.polls == 1);
}

TEST_CASE("[TM-06] elapsed destroys the future before it is reported") {
  fake_host host;
  gate slow;
  std::vector<std::string> log;
  auto body = [](sdk_test::gate& at, tracer) -> task<> { co_await at.wait(); };
  auto outer = [&]() -> task<> {
    auto limited = timeout(5ms, body(slow, tracer(log, "future")));
    auto given = co_await limited;
    CHECK_FALSE(given.has_value());
    log.push_back("reported");
  };
  auto start = instant::now();
  block_on(outer());
  CHECK(log == std::vector<std::string>{"future", "reported"});
  CHECK(start.elapsed() == 5ms);
}

TEST_CASE("[TM-06] a future that ends in time gives its value and takes the timer with it") {
  fake_host host;
  tokio::test::paused clock;
  gate slow;
  {
    hand_poll limited{timeout(5ms, slow.wait())};
    CHECK(limited.poll().is_pending());
    CHECK(host.timers.size() == 1);
    clock.advance(4ms);
    slow.open(3);
    CHECK(limited.poll().value() == 3);
  }
  CHECK(host.timers.empty());
}

TEST_CASE("[TM-06] both ready: the future wins") {
  fake_host host;
  tokio::test::paused clock;
  gate slow;
  hand_poll limited{timeout(5ms, slow.wait())};
  CHECK(limited.poll().is_pending());
  clock.advance(10ms);
  slow.open(3);
  CHECK(limited.poll().value() == 3);
}

TEST_CASE("[TM-06] a future that uses up the budget cannot hold off its timeout") {
  fake_host host;
  tokio::test::paused clock;
  auto greedy = []() -> task<> {
    for (;;) co_await tokio::consume_budget();
  };
  hand_poll limited{timeout(5ms, greedy())};
  CHECK(limited.poll().is_pending());
  clock.advance(5ms);
  auto polled = limited.poll();
  REQUIRE(polled.is_ready());
  CHECK_FALSE(polled.value().has_value());
}

TEST_CASE("[TM-06] the span counts from the call") {
  fake_host host;
  tokio::test::paused clock;
  gate slow;
  auto outside = timeout(10ms, slow.wait());
  clock.advance(15ms);
  hand_poll late(std::move(outside));
  CHECK_FALSE(late.poll().value().has_value());
  auto made_in_a_task = [&]() -> task<bool> {
    auto limited = timeout(10ms, slow.wait());
    co_await tokio::time::sleep(20ms);
    auto start = instant::now();
    auto given = co_await limited;
    co_return !given.has_value() && start.elapsed() == 0ms;
  };
  clock.resume();
  CHECK(block_on(made_in_a_task()));
}

TEST_CASE("[TM-06] a timeout gives its future back, and its error becomes an error of the SDK") {
  fake_host host;
  auto limited = timeout(1s, give(9));
  CHECK(block_on(std::move(limited).into_inner()) == 9);
  tokio::error converted = tokio::time::elapsed{};
  CHECK(converted.kind() == tokio::error_kind::timed_out);
  CHECK(converted.message() == "deadline has elapsed");
}

TEST_CASE("[SN-16] a timeout around a loop by reference keeps what was received") {
  fake_host host;
  gate slow;
  auto outer = [&]() -> task<int> {
    auto waiting = slow.wait();
    for (int tries = 0;; ++tries) {
      auto given = co_await timeout(1ms, tokio::by_ref(waiting));
      if (given) co_return *given + tries;
      if (tries == 2) slow.open(100);
    }
  };
  CHECK(block_on(outer()) == 103);
}
