// tokio::sync::semaphore, rows SS-01 to SS-08.
#include "tokio/sync/semaphore.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>

#include "tokio/test/hand_poll.hpp"

namespace {

using namespace tokio;
using namespace tokio::sync;
using test::hand_poll;

}  // namespace

TEST_CASE("[SS-01] a semaphore may start with no permits, and panics above the maximum") {
  CHECK(semaphore(0).available_permits() == 0);
  CHECK(semaphore(semaphore::max_permits).available_permits() == semaphore::max_permits);
  CHECK_THROWS_AS(semaphore(semaphore::max_permits + 1), panic_error);
}

TEST_CASE("[SS-02] an acquire takes a permit, and its end gives it back") {
  test::fake_host fake;
  semaphore gate(1);
  hand_poll first(gate.acquire());
  {
    auto got = first.poll();
    REQUIRE(got.is_ready());
    CHECK(got.value().has_value());
    CHECK(gate.available_permits() == 0);
  }
  CHECK(gate.available_permits() == 1);
}

TEST_CASE("[SS-02] those who wait are served in the order they came") {
  test::fake_host fake;
  semaphore gate(0);
  hand_poll first(gate.acquire());
  hand_poll second(gate.acquire());
  CHECK(first.poll().is_pending());
  CHECK(second.poll().is_pending());
  gate.add_permits(1);
  CHECK(first.is_woken());
  CHECK_FALSE(second.is_woken());
  CHECK(second.poll().is_pending());
  {
    auto held = first.poll();
    CHECK(held.is_ready());
  }
  CHECK(second.is_woken());
  CHECK(second.poll().is_ready());
}

TEST_CASE("[SS-02] a large request at the head blocks small ones, and collects what comes") {
  test::fake_host fake;
  semaphore gate(1);
  hand_poll large(gate.acquire_many(3));
  hand_poll small(gate.acquire());
  CHECK(large.poll().is_pending());
  CHECK(gate.available_permits() == 0);
  CHECK(small.poll().is_pending());
  gate.add_permits(1);
  CHECK_FALSE(large.is_woken());
  CHECK_FALSE(small.is_woken());
  gate.add_permits(2);
  CHECK(large.is_woken());
  CHECK(small.is_woken());
  auto held = large.poll();
  CHECK(held.value()->num_permits() == 3);
  CHECK(small.poll().is_ready());
}

TEST_CASE("[SS-02] a cancelled request passes what it had collected to the next one") {
  test::fake_host fake;
  semaphore gate(2);
  hand_poll large(gate.acquire_many(3));
  hand_poll small(gate.acquire_many(2));
  CHECK(large.poll().is_pending());
  CHECK(small.poll().is_pending());
  large.drop();
  CHECK(small.is_woken());
  CHECK(small.poll().is_ready());
  CHECK(gate.available_permits() == 2);
}

TEST_CASE("[SS-02] a permit that was granted but never seen comes back") {
  test::fake_host fake;
  semaphore gate(0);
  hand_poll waiting(gate.acquire());
  CHECK(waiting.poll().is_pending());
  gate.add_permits(1);
  CHECK(gate.available_permits() == 0);
  waiting.drop();
  CHECK(gate.available_permits() == 1);
}

TEST_CASE("[SS-02] an owned permit keeps the semaphore alive") {
  test::fake_host fake;
  auto gate = std::make_shared<semaphore>(2);
  std::optional<owned_semaphore_permit> permit;
  {
    hand_poll waiting(semaphore::acquire_many_owned(gate, 2));
    permit = std::move(waiting.poll().value().value());
  }
  CHECK(permit->semaphore() == gate);
  std::weak_ptr<semaphore> watched = gate;
  gate.reset();
  CHECK_FALSE(watched.expired());
  permit.reset();
  CHECK(watched.expired());
}

TEST_CASE("[SS-03] try_acquire says whether there are no permits or the semaphore is closed") {
  semaphore gate(1);
  auto held = gate.try_acquire();
  REQUIRE(held.has_value());
  CHECK(gate.try_acquire().error() == try_acquire_error::no_permits);
  CHECK(gate.try_acquire_many(0).has_value());
  gate.close();
  CHECK(gate.try_acquire().error() == try_acquire_error::closed);
}

TEST_CASE("[SS-03] try_acquire gets nothing while somebody waits") {
  test::fake_host fake;
  semaphore gate(1);
  hand_poll waiting(gate.acquire_many(2));
  CHECK(waiting.poll().is_pending());
  CHECK(gate.try_acquire().error() == try_acquire_error::no_permits);
}

TEST_CASE("[SS-04] blocking_acquire panics inside a task and works outside") {
  test::fake_host fake;
  semaphore gate(1);
  CHECK(gate.blocking_acquire().has_value());
  hand_poll inside(poll_fn([&](context&) -> tokio::poll<bool> { return gate.blocking_acquire().has_value(); }));
  CHECK_THROWS_AS((void)inside.poll(), panic_error);
}

TEST_CASE("[SS-05] permits can be added up to the maximum and forgotten, but only those that are available") {
  semaphore gate(2);
  gate.add_permits(3);
  CHECK(gate.available_permits() == 5);
  CHECK(gate.forget_permits(2) == 2);
  auto held = gate.try_acquire_many(2);
  CHECK(gate.forget_permits(9) == 1);
  CHECK(gate.forget_permits(9) == 0);
  semaphore full(semaphore::max_permits);
  CHECK_THROWS_AS(full.add_permits(1), panic_error);
}

TEST_CASE("[SS-05] forgetting permits does not reopen a closed semaphore") {
  semaphore gate(4);
  gate.close();
  CHECK(gate.forget_permits(2) == 2);
  CHECK(gate.is_closed());
  CHECK(gate.available_permits() == 2);
}

TEST_CASE("[SS-06] close wakes all who wait, with an error, and permits that are held still return") {
  test::fake_host fake;
  semaphore gate(1);
  auto held = gate.try_acquire();
  hand_poll first(gate.acquire());
  hand_poll second(gate.acquire_many(2));
  CHECK(first.poll().is_pending());
  CHECK(second.poll().is_pending());
  gate.close();
  CHECK(first.is_woken());
  CHECK(second.is_woken());
  CHECK_FALSE(first.poll().value().has_value());
  CHECK_FALSE(second.poll().value().has_value());
  held = std::unexpected(try_acquire_error::closed);
  CHECK(gate.available_permits() == 1);
  CHECK(gate.is_closed());
}

TEST_CASE("[SS-06] what a waiter had collected is available again after close") {
  test::fake_host fake;
  semaphore gate(2);
  hand_poll waiting(gate.acquire_many(3));
  CHECK(waiting.poll().is_pending());
  gate.close();
  CHECK(gate.available_permits() == 2);
}

TEST_CASE("[SS-07] a permit can be split, merged and forgotten") {
  semaphore gate(5);
  auto held = gate.try_acquire_many(5).value();
  CHECK_FALSE(held.split(6).has_value());
  CHECK(held.split(0)->num_permits() == 0);
  auto part = held.split(2);
  REQUIRE(part.has_value());
  CHECK(part->num_permits() == 2);
  CHECK(held.num_permits() == 3);
  held.merge(*std::move(part));
  CHECK(held.num_permits() == 5);
  std::move(held).forget();
  CHECK(gate.available_permits() == 0);
}

TEST_CASE("[SS-07] merging permits of two semaphores panics and loses neither") {
  semaphore one(1), two(1);
  {
    auto first = one.try_acquire().value();
    auto second = two.try_acquire().value();
    CHECK(first.semaphore() == &one);
    CHECK_THROWS_AS(first.merge(std::move(second)), panic_error);
  }
  CHECK(one.available_permits() == 1);
  CHECK(two.available_permits() == 1);
}

TEST_CASE("[TK-21] acquire spends a unit of budget when it is ready and none while it waits") {
  test::fake_host fake;
  semaphore gate(0);
  hand_poll waiting(gate.acquire());
  CHECK(waiting.poll_with_budget(2).is_pending());
  CHECK(waiting.budget_left() == 2);
  gate.add_permits(1);
  CHECK(waiting.poll_with_budget(0).is_pending());
  CHECK(waiting.poll_with_budget(2).is_ready());
  CHECK(waiting.budget_left() == 1);
}
