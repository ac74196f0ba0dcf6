// Instants and spans.
#include "tokio/time/instant.hpp"

#include <doctest/doctest.h>

#include "tokio/test.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using tokio::test::fake_host;
using tokio::time::instant;

TEST_CASE("[TM-01] now comes from the host and obeys a paused clock") {
  fake_host host;
  tokio::test::paused clock;
  auto before = instant::now();
  CHECK(before.ns() == host.now_ns);
  clock.advance(51'592us);
  CHECK(before.elapsed() == 51'592us);
  clock.advance(1us);
  clock.advance(3'141'592us);
  CHECK(before.elapsed() == 51'592us + 1us + 3'141'592us);
}

TEST_CASE("[TM-01] a duration is never negative, and arithmetic saturates") {
  auto early = instant::from_ns(1000), late = instant::from_ns(5000);
  CHECK(late.duration_since(early) == 4000ns);
  CHECK(early.duration_since(late) == 0ns);
  CHECK_FALSE(early.checked_duration_since(late).has_value());
  CHECK(late - early == 4000ns);
  CHECK(early - 2000ns == instant());
  CHECK(early + -500ns == instant::from_ns(500));
  CHECK(instant::far_future() + 1ns == instant::far_future());
  CHECK_FALSE(instant::far_future().checked_add(1ns).has_value());
  CHECK_FALSE(early.checked_sub(1001ns).has_value());
  CHECK(early.checked_sub(1000ns) == instant());
  CHECK(instant::far_future().duration_since(instant()) == tokio::time::duration::max());
  CHECK(early < late);
}

TEST_CASE("[TM-01] an instant is a time of the standard library's steady clock, and comes back from it") {
  const auto std_time = std::chrono::steady_clock::time_point(1234ns);
  CHECK(instant::from_std(std_time) == instant::from_ns(1234));
  CHECK(instant::from_ns(1234).into_std() == std_time);
  CHECK(instant::from_std(std::chrono::steady_clock::time_point(-1ns)) == instant());
  CHECK(instant::far_future().into_std() == std::chrono::steady_clock::time_point::max());
  fake_host host;
  CHECK(instant::from_std(instant::now().into_std()) == instant::now());
}

TEST_CASE("[TM-11] pausing twice, and advancing or resuming without a pause, panic") {
  fake_host host;
  tokio::test::paused clock;
  CHECK_THROWS_AS(static_cast<void>(tokio::test::paused()), tokio::panic_error);
  clock.resume();
  CHECK_THROWS_AS(clock.advance(1ms), tokio::panic_error);
  CHECK_THROWS_AS(clock.resume(), tokio::panic_error);
}
