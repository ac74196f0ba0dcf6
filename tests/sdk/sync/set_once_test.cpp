// tokio::sync::set_once, row SN-10.
#include "tokio/sync/set_once.hpp"

#include <doctest/doctest.h>

#include "tokio/test.hpp"

namespace {

using namespace tokio::sync;
using tokio::test::hand_poll;
namespace test = tokio::test;

}  // namespace

TEST_CASE("[SN-10] those who wait hear of the value when it is set, and later ones at once") {
  test::fake_host fake;
  set_once<int> port;
  hand_poll one(port.wait()), two(port.wait()), gone(port.wait());
  CHECK(one.poll().is_pending());
  CHECK(two.poll().is_pending());
  CHECK(gone.poll().is_pending());
  gone.drop();
  CHECK(port.get() == nullptr);
  CHECK(port.set(8080).has_value());
  CHECK(one.is_woken());
  CHECK(two.is_woken());
  CHECK(one.poll().value() == port.get());
  CHECK(*two.poll().value() == 8080);
  hand_poll late(port.wait());
  CHECK(late.poll_with_budget(2).is_ready());
  CHECK(late.budget_left() == 1);
}

TEST_CASE("[SN-10] the second value comes back, and the first one stays") {
  set_once<int> port(1);
  CHECK(port.initialized());
  CHECK(port.set(2).error().value == 2);
  CHECK(*port.get() == 1);
  CHECK(std::move(port).into_inner() == 1);
  CHECK(set_once<int>().get() == nullptr);
}
