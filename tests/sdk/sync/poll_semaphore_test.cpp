// tokio::sync::poll_semaphore, row SS-09.
#include "tokio/sync/poll_semaphore.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>

#include "tokio/test/hand_poll.hpp"

namespace {

using namespace tokio;
using namespace tokio::sync;
using test::hand_poll;

auto ask(poll_semaphore& from, std::size_t n) {
  return hand_poll(poll_fn([&from, n](context& cx) { return from.poll_acquire_many(cx, n); }));
}

}  // namespace

TEST_CASE("[SS-09] a permit is polled for, and the newest task is woken when there is one") {
  test::fake_host fake;
  poll_semaphore gate(std::make_shared<semaphore>(1));
  hand_poll one(poll_fn([&](context& cx) { return gate.poll_acquire(cx); }));
  auto held = std::move(one.poll_with_budget(2).value());
  CHECK(held->num_permits() == 1);
  CHECK(one.budget_left() == 1);
  auto older = ask(gate, 1), newer = ask(gate, 1);
  CHECK(older.poll().is_pending());
  CHECK(newer.poll().is_pending());
  held.reset();
  CHECK_FALSE(older.is_woken());
  CHECK(newer.is_woken());
  CHECK(newer.poll().value()->num_permits() == 1);
}

TEST_CASE("[SS-09] asking for another number waits anew, at the end of the line") {
  test::fake_host fake;
  poll_semaphore gate(std::make_shared<semaphore>(2));
  auto three = ask(gate, 3);
  CHECK(three.poll().is_pending());
  CHECK(gate.available_permits() == 0);  // collected already
  auto two = ask(gate, 2);
  auto got = std::move(two.poll().value());
  CHECK(got->num_permits() == 2);
  CHECK(three.poll().is_pending());
  hand_poll other(gate.inner()->acquire());
  CHECK(other.poll().is_pending());
  auto four = ask(gate, 4);
  CHECK(four.poll().is_pending());
  got.reset();
  CHECK(other.is_woken());
  CHECK_FALSE(four.is_woken());
}

TEST_CASE("[SS-09] there is none once the semaphore is closed") {
  test::fake_host fake;
  poll_semaphore gate(std::make_shared<semaphore>(0));
  auto waits = ask(gate, 1);
  CHECK(waits.poll().is_pending());
  gate.close();
  CHECK(waits.is_woken());
  CHECK_FALSE(waits.poll().value().has_value());
  CHECK_FALSE(waits.poll().value().has_value());
}

TEST_CASE("[SS-09] a copy means the same semaphore and stands in line by itself; what goes leaves the line") {
  test::fake_host fake;
  std::optional gate(poll_semaphore(std::make_shared<semaphore>(0)));
  poll_semaphore copy(*gate);
  auto first = ask(*gate, 1), second = ask(copy, 1);
  CHECK(first.poll().is_pending());
  CHECK(second.poll().is_pending());
  first.drop();
  gate.reset();
  copy.add_permits(1);
  CHECK(second.is_woken());
  auto moved = std::move(copy);
  CHECK(ask(moved, 1).poll().value()->num_permits() == 1);
  auto waits = ask(moved, 1);
  CHECK(waits.poll().is_ready());
  auto whole = std::move(moved).into_inner();
  CHECK(whole.use_count() == 1);
  CHECK(whole->available_permits() == 1);
}
