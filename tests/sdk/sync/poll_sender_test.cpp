// tokio::sync::poll_sender, row SM-22.
#include "tokio/sync/poll_sender.hpp"

#include <doctest/doctest.h>

#include <optional>

#include "tokio/test/hand_poll.hpp"

namespace {

using namespace tokio;
using namespace tokio::sync;
using test::hand_poll;

auto reserve(poll_sender<int>& to) {
  return hand_poll(poll_fn([&to](context& cx) { return to.poll_reserve(cx); }));
}

}  // namespace

TEST_CASE("[SM-22] [B-083] room is reserved as often as one asks, and used once") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(1);
  poll_sender<int> to(std::move(tx));
  CHECK_THROWS_AS((void)to.send_item(1), panic_error);
  CHECK(reserve(to).poll().value().has_value());
  CHECK(reserve(to).poll().value().has_value());
  CHECK(to.inner()->capacity() == 0);
  CHECK(to.send_item(1).has_value());
  CHECK_THROWS_AS((void)to.send_item(2), panic_error);
  auto waits = reserve(to);
  CHECK(waits.poll().is_pending());
  CHECK_THROWS_AS((void)to.send_item(2), panic_error);
  CHECK(rx.try_recv() == 1);
  CHECK(waits.is_woken());
  CHECK(waits.poll().value().has_value());
  CHECK(to.send_item(2).has_value());
  CHECK(rx.try_recv() == 2);
}

TEST_CASE("[SM-22] a send can be given up, with its slot or its place in line") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(1);
  poll_sender<int> to(tx);
  CHECK_FALSE(to.abort_send());
  CHECK(reserve(to).poll().is_ready());
  CHECK(to.abort_send());
  CHECK_FALSE(to.abort_send());
  CHECK(tx.capacity() == 1);
  auto held = tx.try_reserve();
  CHECK(reserve(to).poll().is_pending());
  hand_poll behind(tx.reserve());
  CHECK(behind.poll().is_pending());
  CHECK(to.abort_send());
  held = std::unexpected(mpsc::try_send_failure::full);
  CHECK(behind.is_woken());
  CHECK(behind.poll().is_ready());
}

TEST_CASE("[SM-22] closed while it has a slot, it sends one last message") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(2);
  poll_sender<int> to(std::move(tx));
  CHECK(reserve(to).poll().is_ready());
  to.close();
  CHECK(to.is_closed());
  CHECK(to.inner() == nullptr);
  CHECK(reserve(to).poll().value().has_value());
  CHECK(to.send_item(1).has_value());
  CHECK_FALSE(reserve(to).poll().value().has_value());
  CHECK(to.send_item(2).error().value == 2);
  CHECK(rx.try_recv() == 1);
  CHECK(rx.try_recv().error() == mpsc::try_recv_error::disconnected);
}

TEST_CASE("[SM-22] closed while it waits, it leaves the line") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(1);
  auto held = tx.try_reserve();
  poll_sender<int> to(std::move(tx));
  auto waits = reserve(to);
  CHECK(waits.poll().is_pending());
  to.close();
  CHECK_FALSE(waits.poll().value().has_value());
}

TEST_CASE("[SM-22] the end of the receiver closes it, and wakes it while it waits") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(1);
  poll_sender<int> to(tx);
  auto held = tx.try_reserve();
  auto waits = reserve(to);
  CHECK(waits.poll().is_pending());
  CHECK_FALSE(to.is_closed());
  rx.close();
  CHECK(waits.is_woken());
  CHECK_FALSE(waits.poll().value().has_value());
  CHECK(to.is_closed());
}

TEST_CASE("[SM-22] a copy sends to the same channel, with room of its own") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(2);
  poll_sender<int> one(std::move(tx));
  CHECK(reserve(one).poll().is_ready());
  auto two = one;
  CHECK(two.inner()->same_channel(*one.inner()));
  CHECK_THROWS_AS((void)two.send_item(2), panic_error);
  CHECK(reserve(two).poll().is_ready());
  CHECK(two.send_item(2).has_value());
  auto moved = std::move(one);
  CHECK(moved.send_item(1).has_value());
  CHECK(rx.try_recv() == 2);
  CHECK(rx.try_recv() == 1);
  two.close();
  CHECK(poll_sender<int>(two).is_closed());
}
