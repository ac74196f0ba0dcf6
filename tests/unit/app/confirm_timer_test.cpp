#include "app/confirm_timer.hpp"

#include <doctest/doctest.h>

#include <atomic>

#include "support/eventually.hpp"

using namespace tokiod;

TEST_CASE("the call comes when its moment has passed, and again when it is armed again") {
  std::atomic<int> calls{0};
  app::confirm_timer timer([&] { ++calls; });
  REQUIRE(timer.arm(steady_clock().now() + millisecond));
  test::eventually("the call", [&] { return calls == 1; });
  REQUIRE(timer.arm(steady_clock().now()));
  test::eventually("another one", [&] { return calls == 2; });
}

TEST_CASE("a moment that is taken back or lies beyond the end brings no call") {
  std::atomic<int> calls{0};
  app::confirm_timer timer([&] { ++calls; });
  REQUIRE(timer.arm(steady_clock().now() + 1000 * second));
  REQUIRE(timer.arm(never));
  REQUIRE(timer.arm(steady_clock().now() + 1000 * second));
  timer.stop();
  CHECK(calls == 0);
  CHECK(timer.arm(steady_clock().now()).error().why == kind::draining);
  CHECK(timer.arm(never));
}
