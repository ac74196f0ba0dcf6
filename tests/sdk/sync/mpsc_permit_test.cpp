// tokio::sync::mpsc, permits: rows SM-07 to SM-09 and what they mean for SM-12, SM-13, SM-15, SM-18.
#include <doctest/doctest.h>

#include <optional>
#include <vector>

#include "counted.hpp"
#include "tokio/sync/mpsc.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using namespace tokio::sync;
using mpsc::try_recv_error;
using mpsc::try_send_failure;
using test::counted;
using test::hand_poll;

}  // namespace

TEST_CASE("[SM-07] a permit holds room until it is used or goes") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(1);
  {
    auto permit = tx.try_reserve();
    REQUIRE(permit.has_value());
    CHECK(tx.capacity() == 0);
    CHECK(tx.try_send(1).error().why == try_send_failure::full);
    CHECK(tx.try_reserve().error() == try_send_failure::full);
  }
  CHECK(tx.capacity() == 1);
  std::move(tx.try_reserve().value()).send(2);
  CHECK(tx.capacity() == 0);
  CHECK(rx.try_recv().value() == 2);
  CHECK(tx.capacity() == 1);
}

TEST_CASE("[SM-07] a permit sends even after the receiver closed") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(2);
  auto permit = tx.try_reserve();
  rx.close();
  CHECK(tx.try_reserve().error() == try_send_failure::closed);
  hand_poll waiting(rx.recv());
  CHECK(waiting.poll().is_pending());
  std::move(*permit).send(7);
  CHECK(waiting.is_woken());
  CHECK(waiting.poll().value() == 7);
  hand_poll end(rx.recv());
  CHECK_FALSE(end.poll().value().has_value());
}

TEST_CASE("[SM-07] a permit that goes wakes the next in line, and the last one a closed receiver") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(1);
  std::optional permit(tx.try_reserve().value());
  hand_poll next(tx.reserve());
  CHECK(next.poll().is_pending());
  permit.reset();
  CHECK(next.is_woken());
  permit = std::move(next.poll().value().value());
  rx.close();
  hand_poll waiting(rx.recv());
  CHECK(waiting.poll().is_pending());
  permit.reset();
  CHECK(waiting.is_woken());
  CHECK_FALSE(waiting.poll().value().has_value());
}

TEST_CASE("[SM-07] a permit used after the receiver is gone loses its message, which is destroyed once") {
  {
    auto [tx, rx] = mpsc::channel<counted>(1);
    auto permit = tx.try_reserve();
    {
      auto gone = std::move(rx);
    }
    std::move(*permit).send(counted(1));
  }
  CHECK(counted::alive == 0);
}

TEST_CASE("[SM-08] reserve_many gives n permits, one by one or as a range") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(4);
  hand_poll reserving(tx.reserve_many(3));
  auto permits = std::move(reserving.poll().value().value());
  CHECK(permits.size() == 3);
  CHECK(tx.capacity() == 1);
  std::move(*permits.next()).send(1);
  CHECK(permits.size() == 2);
  int value = 2;
  for (auto permit : permits) std::move(permit).send(value++);
  CHECK(permits.size() == 0);
  CHECK_FALSE(permits.next().has_value());
  for (int i = 1; i <= 3; ++i) CHECK(rx.try_recv().value() == i);
}

TEST_CASE("[SM-08] permits that were not used come back") {
  auto [tx, rx] = mpsc::channel<int>(4);
  {
    auto permits = tx.try_reserve_many(4).value();
    std::move(*permits.next()).send(1);
    CHECK(tx.capacity() == 0);
  }
  CHECK(tx.capacity() == 3);
}

TEST_CASE("[SM-08] more than the channel can hold fails at once; none succeeds unless closed") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(2);
  hand_poll large(tx.reserve_many(3));
  CHECK_FALSE(large.poll().value().has_value());
  CHECK(tx.try_reserve_many(3).error() == try_send_failure::full);
  auto all = tx.try_reserve_many(2);
  CHECK(tx.try_reserve_many(0)->size() == 0);
  hand_poll none(tx.reserve_many(0));
  CHECK(none.poll().value()->size() == 0);
  rx.close();
  CHECK(tx.try_reserve_many(0).error() == try_send_failure::closed);
  hand_poll closed(tx.reserve_many(0));
  CHECK_FALSE(closed.poll().value().has_value());
}

TEST_CASE("[SM-08] a cancelled reserve_many returns the part it was given") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(3);
  auto held = tx.try_reserve();
  hand_poll waiting(tx.reserve_many(3));
  CHECK(waiting.poll().is_pending());
  CHECK(tx.capacity() == 0);
  waiting.drop();
  CHECK(tx.capacity() == 2);
}

TEST_CASE("[SM-09] an owned permit gives its sender back, used or released") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(1);
  auto other = tx;
  hand_poll reserving(std::move(tx).reserve_owned());
  auto permit = std::move(reserving.poll().value().value());
  reserving.drop();
  CHECK(permit.same_channel_as_sender(other));
  CHECK(other.strong_count() == 2);
  auto back = std::move(permit).send(5);
  CHECK(rx.try_recv().value() == 5);
  auto again = std::move(back).try_reserve_owned();
  REQUIRE(again.has_value());
  CHECK(other.capacity() == 0);
  auto failed = std::move(other).try_reserve_owned();
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().why == try_send_failure::full);
  CHECK(failed.error().value.strong_count() == 2);
  auto released = std::move(*again).release();
  CHECK(released.capacity() == 1);
}

TEST_CASE("[SM-12] an owned permit counts as a sender") {
  auto [tx, rx] = mpsc::channel<int>(1);
  auto weak = tx.downgrade();
  {
    auto permit = std::move(tx).try_reserve_owned().value();
    CHECK(weak.upgrade().has_value());
    CHECK_FALSE(rx.is_closed());
    CHECK(rx.try_recv().error() == try_recv_error::empty);
  }
  CHECK_FALSE(weak.upgrade().has_value());
  CHECK(rx.is_closed());
}

TEST_CASE("[SM-15] after close, try_recv is empty while a permit lives and disconnected afterwards") {
  auto [tx, rx] = mpsc::channel<int>(1);
  std::optional permit(tx.try_reserve().value());
  rx.close();
  CHECK(rx.try_recv().error() == try_recv_error::empty);
  permit.reset();
  CHECK(rx.try_recv().error() == try_recv_error::disconnected);
}

TEST_CASE("[SM-18] recv_many on a closed channel waits for the last permit") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(4);
  auto permits = tx.try_reserve_many(2).value();
  rx.close();
  std::vector<int> all;
  hand_poll first(rx.recv_many(all, 4));
  CHECK(first.poll().is_pending());
  std::move(*permits.next()).send(1);
  CHECK(first.is_woken());
  CHECK(first.poll().value() == 1);
  hand_poll second(rx.recv_many(all, 4));
  CHECK(second.poll().is_pending());
  {
    auto unused = permits.next();
  }
  CHECK(second.is_woken());
  CHECK(second.poll().value() == 0);
}
