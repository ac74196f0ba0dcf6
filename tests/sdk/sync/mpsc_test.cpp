// tokio::sync::mpsc without permits: sending, receiving, closing, counting. Rows SM-01 to SM-06, SM-10 to SM-21.
#include "tokio/sync/mpsc_shared.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "counted.hpp"
#include "tokio/sync.hpp"
#include "tokio/task.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using namespace tokio::sync;
using namespace std::chrono_literals;
using mpsc::try_recv_error;
using mpsc::try_send_failure;
using test::counted;
using test::hand_poll;

}  // namespace

TEST_CASE("[SM-01] messages arrive in the order they were sent") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(16);
  for (int i = 0; i < 16; ++i) CHECK(tx.try_send(i).has_value());
  for (int i = 0; i < 16; ++i) {
    hand_poll waiting(rx.recv());
    CHECK(waiting.poll().value() == i);
  }
}

TEST_CASE("[SM-01] a channel without room panics, as does one that is too large") {
  CHECK_THROWS_AS(mpsc::channel<int>(0), panic_error);
  CHECK_THROWS_AS(mpsc::channel<int>(SIZE_MAX), panic_error);
}

TEST_CASE("[SM-01] messages pass the edges of blocks, one at a time and in bulk") {
  auto [tx, rx] = mpsc::unbounded_channel<int>();
  int next = 0;
  for (int i = 0; i < 200; ++i) {
    CHECK(tx.send(i).has_value());
    CHECK(rx.try_recv().value() == next++);
  }
  for (int i = 200; i < 500; ++i) CHECK(tx.send(i).has_value());
  CHECK(rx.len() == 300);
  while (next < 500) CHECK(rx.try_recv().value() == next++);
  CHECK(rx.try_recv().error() == try_recv_error::empty);
}

TEST_CASE("[SM-02] an unbounded send never waits and fails only when the receiver is gone or has closed") {
  auto [tx, rx] = mpsc::unbounded_channel<std::string>();
  CHECK(tx.send("a").has_value());
  rx.close();
  CHECK(tx.send("b").error().value == "b");
  CHECK(rx.try_recv().value() == "a");
  CHECK(rx.try_recv().error() == try_recv_error::disconnected);
  {
    auto gone = std::move(rx);
  }
  CHECK_FALSE(tx.send("c").has_value());
}

TEST_CASE("[SM-03] a send waits for room and is woken by a receive") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(1);
  CHECK(tx.try_send(1).has_value());
  hand_poll sending(tx.send(2));
  CHECK(sending.poll().is_pending());
  CHECK(rx.try_recv().value() == 1);
  CHECK(sending.is_woken());
  CHECK(tx.try_send(3).error().why == try_send_failure::full);
  CHECK(sending.poll().value().has_value());
  CHECK(rx.try_recv().value() == 2);
}

TEST_CASE("[SM-03] sends wait in line, and one that is cancelled loses its message and its place") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(1);
  CHECK(tx.try_send(0).has_value());
  hand_poll first(tx.send(1));
  hand_poll second(tx.send(2));
  hand_poll third(tx.send(3));
  CHECK(first.poll().is_pending());
  CHECK(second.poll().is_pending());
  CHECK(third.poll().is_pending());
  second.drop();
  CHECK(rx.try_recv().value() == 0);
  CHECK(first.poll().is_ready());
  CHECK(rx.try_recv().value() == 1);
  CHECK(third.poll().is_ready());
  CHECK(rx.try_recv().value() == 3);
}

TEST_CASE("[SM-03] a send that waits gets its message back when the receiver goes") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<std::string>(1);
  CHECK(tx.try_send("a").has_value());
  hand_poll sending(tx.send("b"));
  CHECK(sending.poll().is_pending());
  {
    auto gone = std::move(rx);
  }
  CHECK(sending.is_woken());
  CHECK(sending.poll().value().error().value == "b");
}

TEST_CASE("[SM-04] try_send gives the message back and says why") {
  auto [tx, rx] = mpsc::channel<std::string>(1);
  CHECK(tx.try_send("a").has_value());
  auto full = tx.try_send("b");
  CHECK(full.error().why == try_send_failure::full);
  CHECK(full.error().value == "b");
  rx.close();
  auto closed = tx.try_send("c");
  CHECK(closed.error().why == try_send_failure::closed);
  CHECK(closed.error().value == "c");
}

TEST_CASE("[SM-05] send_timeout sends when there is room, and gives the message back after the time or a close") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<std::string>(1);
  CHECK(test::block_on(tx.send_timeout("a", 0ms)).has_value());
  const auto before = fake.now_ns;
  auto late = test::block_on(tx.send_timeout("b", 10ms));
  CHECK(late.error().why == mpsc::send_timeout_failure::timeout);
  CHECK(late.error().value == "b");
  CHECK(fake.now_ns - before >= 10'000'000);
  rx.close();
  auto closed = test::block_on(tx.send_timeout("c", 10ms));
  CHECK(closed.error().why == mpsc::send_timeout_failure::closed);
  CHECK(closed.error().value == "c");
}

TEST_CASE("[SM-05] a send that timed out leaves the line") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(1);
  CHECK(tx.try_send(1).has_value());
  CHECK_FALSE(test::block_on(tx.send_timeout(2, 1ms)).has_value());
  CHECK(rx.try_recv().value() == 1);
  CHECK(tx.try_send(3).has_value());
  CHECK(rx.try_recv().value() == 3);
}

TEST_CASE("[SM-06] blocking_send panics inside a task and works outside") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(1);
  CHECK(tx.blocking_send(1).has_value());
  CHECK(rx.blocking_recv().value() == 1);
  hand_poll inside(poll_fn([&](context&) -> tokio::poll<bool> { return tx.blocking_send(1).has_value(); }));
  CHECK_THROWS_AS((void)inside.poll(), panic_error);
}

TEST_CASE("[SM-10] closed() is ready after the receiver has closed or is gone, and stays so") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(1);
  hand_poll waiting(tx.closed());
  CHECK(waiting.poll().is_pending());
  CHECK_FALSE(tx.is_closed());
  rx.close();
  CHECK(waiting.is_woken());
  CHECK(waiting.poll().is_ready());
  hand_poll again(tx.closed());
  CHECK(again.poll().is_ready());

  auto [utx, urx] = mpsc::unbounded_channel<int>();
  hand_poll gone(utx.closed());
  CHECK(gone.poll().is_pending());
  {
    auto dropped = std::move(urx);
  }
  CHECK(gone.is_woken());
  CHECK(gone.poll().is_ready());
  CHECK(utx.is_closed());
}

TEST_CASE("[SM-11] capacity falls with what is queued, and handles are counted") {
  auto [tx, rx] = mpsc::channel<int>(3);
  CHECK(tx.max_capacity() == 3);
  CHECK(tx.try_send(1).has_value());
  CHECK(tx.capacity() == 2);
  CHECK(rx.capacity() == 2);
  CHECK(rx.max_capacity() == 3);
  {
    auto other = tx;
    CHECK(other.same_channel(tx));
    CHECK(tx.strong_count() == 2);
    CHECK(rx.sender_strong_count() == 2);
  }
  auto weak = tx.downgrade();
  CHECK(tx.strong_count() == 1);
  CHECK(tx.weak_count() == 1);
  CHECK(rx.sender_weak_count() == 1);
  CHECK_FALSE(tx.same_channel(mpsc::channel<int>(1).first));
}

TEST_CASE("[SM-12] a weak sender does not keep the channel open, even with messages queued") {
  auto [tx, rx] = mpsc::channel<int>(2);
  auto weak = tx.downgrade();
  {
    auto strong = weak.upgrade();
    REQUIRE(strong.has_value());
    CHECK(strong->try_send(1).has_value());
  }
  {
    auto gone = std::move(tx);
  }
  CHECK_FALSE(weak.upgrade().has_value());
  CHECK(weak.strong_count() == 0);
  CHECK(rx.is_closed());
  CHECK(rx.try_recv().value() == 1);
  CHECK(rx.try_recv().error() == try_recv_error::disconnected);
}

TEST_CASE("[SM-13] recv waits, is woken by a send, and ends when all senders are gone") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(2);
  hand_poll waiting(rx.recv());
  CHECK(waiting.poll().is_pending());
  CHECK(tx.try_send(1).has_value());
  CHECK(waiting.is_woken());
  CHECK(waiting.poll().value() == 1);
  hand_poll last(rx.recv());
  CHECK(last.poll().is_pending());
  {
    auto gone = std::move(tx);
  }
  CHECK(last.is_woken());
  CHECK_FALSE(last.poll().value().has_value());
  hand_poll again(rx.recv());
  CHECK_FALSE(again.poll().value().has_value());
}

TEST_CASE("[SM-13] a cancelled recv loses nothing, and the waker moves to the next one") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::unbounded_channel<int>();
  hand_poll first(rx.recv());
  CHECK(first.poll().is_pending());
  first.drop();
  hand_poll second(rx.recv());
  CHECK(second.poll().is_pending());
  CHECK(tx.send(1).has_value());
  CHECK_FALSE(first.is_woken());
  CHECK(second.is_woken());
  CHECK(second.poll().value() == 1);
}

TEST_CASE("[SM-13] a receiver that waits at the edge of a block is woken") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::unbounded_channel<int>();
  for (int i = 0; i < 32; ++i) CHECK(tx.send(i).has_value());
  for (int i = 0; i < 32; ++i) CHECK(rx.try_recv().value() == i);
  hand_poll waiting(rx.recv());
  CHECK(waiting.poll().is_pending());
  CHECK(tx.send(32).has_value());
  CHECK(waiting.is_woken());
  CHECK(waiting.poll().value() == 32);
}

TEST_CASE("[SM-14] recv_many appends up to the limit and is 0 only at the end or for a limit of 0") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(40);
  for (int i = 0; i < 36; ++i) CHECK(tx.try_send(i).has_value());
  std::vector<int> all{-1};
  hand_poll first(rx.recv_many(all, 34));
  CHECK(first.poll().value() == 34);
  CHECK(all.size() == 35);
  CHECK(all.back() == 33);
  CHECK(tx.capacity() == 38);
  hand_poll none(rx.recv_many(all, 0));
  CHECK(none.poll().value() == 0);
  hand_poll rest(rx.recv_many(all, 34));
  CHECK(rest.poll().value() == 2);
  hand_poll waiting(rx.recv_many(all, 1));
  CHECK(waiting.poll().is_pending());
  {
    auto gone = std::move(tx);
  }
  CHECK(waiting.is_woken());
  CHECK(waiting.poll().value() == 0);
  CHECK(all.size() == 37);
}

TEST_CASE("[SM-15] try_recv is empty while senders exist and disconnected afterwards") {
  auto [tx, rx] = mpsc::channel<int>(1);
  CHECK(rx.try_recv().error() == try_recv_error::empty);
  rx.close();
  CHECK(rx.try_recv().error() == try_recv_error::disconnected);
  auto [tx2, rx2] = mpsc::channel<int>(1);
  {
    auto gone = std::move(tx2);
  }
  CHECK(rx2.try_recv().error() == try_recv_error::disconnected);
}

TEST_CASE("[SM-16] poll_recv keeps the newest waker") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(1);
  auto poll_it = [&](context& cx) { return rx.poll_recv(cx); };
  hand_poll first(poll_fn(poll_it));
  hand_poll second(poll_fn(poll_it));
  CHECK(first.poll().is_pending());
  CHECK(second.poll().is_pending());
  CHECK(tx.try_send(1).has_value());
  CHECK_FALSE(first.is_woken());
  CHECK(second.is_woken());
}

TEST_CASE("[SM-17] blocking_recv panics inside a task") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(1);
  hand_poll inside(poll_fn([&](context&) -> tokio::poll<bool> { return rx.blocking_recv().has_value(); }));
  CHECK_THROWS_AS((void)inside.poll(), panic_error);
  std::vector<int> all;
  hand_poll many(poll_fn([&](context&) -> tokio::poll<bool> { return rx.blocking_recv_many(all, 1) != 0; }));
  CHECK_THROWS_AS((void)many.poll(), panic_error);
}

TEST_CASE("[SM-18] close refuses new messages, wakes who waits for room, and keeps what was sent") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(1);
  CHECK(tx.try_send(1).has_value());
  hand_poll sending(tx.send(2));
  hand_poll reserving(tx.reserve());
  CHECK(sending.poll().is_pending());
  CHECK(reserving.poll().is_pending());
  rx.close();
  CHECK(sending.is_woken());
  CHECK(reserving.is_woken());
  CHECK_FALSE(sending.poll().value().has_value());
  CHECK_FALSE(reserving.poll().value().has_value());
  hand_poll last(rx.recv());
  CHECK(last.poll().value() == 1);
  hand_poll end(rx.recv());
  CHECK_FALSE(end.poll().value().has_value());
}

TEST_CASE("[SM-19] len does not count the end, and is_closed is true with messages left") {
  auto [tx, rx] = mpsc::unbounded_channel<int>();
  CHECK(rx.is_empty());
  for (int i = 0; i < 33; ++i) CHECK(tx.send(i).has_value());
  CHECK(rx.len() == 33);
  CHECK_FALSE(rx.is_closed());
  {
    auto gone = std::move(tx);
  }
  CHECK(rx.len() == 33);
  CHECK(rx.is_closed());
  while (rx.try_recv().has_value()) {
  }
  CHECK(rx.is_empty());
  CHECK(rx.len() == 0);
}

TEST_CASE("[SM-19] len at the edge of a block, after close and after the end") {
  auto [tx, rx] = mpsc::unbounded_channel<int>();
  for (int i = 0; i < 32; ++i) CHECK(tx.send(i).has_value());
  rx.close();
  CHECK(rx.len() == 32);
  CHECK_FALSE(tx.send(0).has_value());
  CHECK(rx.len() == 32);
  auto [tx2, rx2] = mpsc::unbounded_channel<int>();
  for (int i = 0; i < 32; ++i) CHECK(tx2.send(i).has_value());
  {
    auto gone = std::move(tx2);
  }
  CHECK(rx2.len() == 32);
  while (rx2.try_recv().has_value()) {
  }
  CHECK(rx2.len() == 0);
}

TEST_CASE("[SM-20] a receiver that goes destroys what is queued at once, though senders live on") {
  auto [tx, rx] = mpsc::channel<counted>(8);
  for (int i = 0; i < 5; ++i) CHECK(tx.try_send(counted(i)).has_value());
  CHECK(counted::alive == 5);
  {
    auto gone = std::move(rx);
  }
  CHECK(counted::alive == 0);
  CHECK_FALSE(tx.try_send(counted(9)).has_value());
  CHECK(counted::alive == 0);
}

TEST_CASE("[SM-20] a queued message may use its own channel in its destructor") {
  auto [tx, rx] = mpsc::unbounded_channel<test::on_drop>();
  bool failed = false;
  CHECK(tx.send(test::on_drop([&, again = tx] { failed = !again.send(test::on_drop()).has_value(); })).has_value());
  {
    auto gone = std::move(rx);
  }
  CHECK(failed);
}

TEST_CASE("[SM-21] weak unbounded senders count and upgrade as bounded ones do") {
  auto [tx, rx] = mpsc::unbounded_channel<int>();
  auto weak = tx.downgrade();
  CHECK(tx.weak_count() == 1);
  CHECK(weak.upgrade()->send(4).has_value());
  CHECK(weak.upgrade()->same_channel(tx));
  {
    auto gone = std::move(tx);
  }
  CHECK_FALSE(weak.upgrade().has_value());
  CHECK(rx.try_recv().value() == 4);
  CHECK(rx.try_recv().error() == try_recv_error::disconnected);
}

TEST_CASE("[SM-13] a message whose move throws is skipped, and its room comes back") {
  struct fragile {
    explicit fragile(int value) : value(value) {}
    fragile(fragile&& other) : value(other.value), moves(other.moves + 1) {
      if (value == 13 && moves == 2) throw std::runtime_error("unlucky");
    }
    fragile& operator=(fragile&&) = default;
    int value, moves = 0;
  };
  auto [tx, rx] = mpsc::channel<fragile>(2);
  CHECK(tx.try_send(fragile(1)).has_value());
  bool thrown = false;
  try {
    fragile unlucky(13);
    unlucky.moves = 0;
    (void)tx.try_send(std::move(unlucky));
  } catch (const std::runtime_error&) {
    thrown = true;
  }
  CHECK(thrown);
  CHECK(rx.try_recv()->value == 1);
  CHECK(rx.try_recv().error() == try_recv_error::empty);
  CHECK(tx.capacity() == 2);
}

TEST_CASE("[TK-21] send and recv spend a unit of budget when they are ready and none while they wait") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::channel<int>(1);
  hand_poll receiving(rx.recv());
  CHECK(receiving.poll_with_budget(2).is_pending());
  CHECK(receiving.budget_left() == 2);
  hand_poll sending(tx.send(1));
  CHECK(sending.poll_with_budget(2).is_ready());
  CHECK(sending.budget_left() == 1);
  CHECK(receiving.poll_with_budget(0).is_pending());
  CHECK(receiving.is_woken());
  CHECK(receiving.poll_with_budget(2).is_ready());
  CHECK(receiving.budget_left() == 1);
}

TEST_CASE("[TK-21] a task that receives without end gives others their turn") {
  test::fake_host fake;
  auto [tx, rx] = mpsc::unbounded_channel<int>();
  for (int i = 0; i < 1000; ++i) CHECK(tx.send(i).has_value());
  {
    auto gone = std::move(tx);
  }
  auto count = spawn(
      [](mpsc::unbounded_receiver<int> from) -> task<int> {
        int n = 0;
        while (co_await from.recv()) ++n;
        co_return n;
      },
      std::move(rx));
  CHECK(test::block_on(count).value() == 1000);
  CHECK(fake.forced_yields == 7);
}
