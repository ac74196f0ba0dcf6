// tokio::sync::oneshot, rows SO-01 to SO-09.
#include "tokio/sync/oneshot.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "counted.hpp"
#include "tokio/test/hand_poll.hpp"

namespace {

using namespace tokio;
using namespace tokio::sync;
using test::counted;
using test::hand_poll;

}  // namespace

TEST_CASE("[SO-01] a value goes from the sender to the receiver") {
  test::fake_host fake;
  auto [tx, rx] = oneshot::channel<int>();
  CHECK(std::move(tx).send(7).has_value());
  hand_poll waiting(by_ref(rx));
  auto got = waiting.poll();
  REQUIRE(got.is_ready());
  CHECK(got.value().value() == 7);
}

TEST_CASE("[SO-02] a send that nobody will receive gives the value back") {
  auto [tx, rx] = oneshot::channel<std::string>();
  {
    auto gone = std::move(rx);
  }
  auto sent = std::move(tx).send("kept");
  REQUIRE_FALSE(sent.has_value());
  CHECK(sent.error() == "kept");
}

TEST_CASE("[SO-02] a sender that was used panics instead of sending twice") {
  auto [tx, rx] = oneshot::channel<int>();
  CHECK(std::move(tx).send(1).has_value());
  CHECK_THROWS_AS((void)std::move(tx).send(2), panic_error);
}

TEST_CASE("[SO-03] closed() is ready once the receiver is gone, and wakes the sender's task") {
  test::fake_host fake;
  auto [tx, rx] = oneshot::channel<int>();
  hand_poll closed(tx.closed());
  CHECK(closed.poll().is_pending());
  CHECK_FALSE(tx.is_closed());
  {
    auto gone = std::move(rx);
  }
  CHECK(closed.is_woken());
  CHECK(closed.poll().is_ready());
  CHECK(tx.is_closed());
}

TEST_CASE("[SO-03] closed() is ready after close() while the receiver lives") {
  test::fake_host fake;
  auto [tx, rx] = oneshot::channel<int>();
  hand_poll closed(tx.closed());
  CHECK(closed.poll().is_pending());
  rx.close();
  CHECK(closed.is_woken());
  CHECK(closed.poll().is_ready());
}

TEST_CASE("[SO-03] of several tasks that wait for closed(), the newest is woken") {
  test::fake_host fake;
  auto [tx, rx] = oneshot::channel<int>();
  hand_poll first(tx.closed());
  hand_poll second(tx.closed());
  CHECK(first.poll().is_pending());
  CHECK(second.poll().is_pending());
  rx.close();
  CHECK_FALSE(first.is_woken());
  CHECK(second.is_woken());
}

TEST_CASE("[SO-04] a send wakes the task that waits") {
  test::fake_host fake;
  auto [tx, rx] = oneshot::channel<int>();
  hand_poll waiting(by_ref(rx));
  CHECK(waiting.poll().is_pending());
  CHECK(std::move(tx).send(5).has_value());
  CHECK(waiting.is_woken());
  CHECK(waiting.poll().value().value() == 5);
}

TEST_CASE("[SO-04] the receiver gets an error when the sender goes without a value") {
  test::fake_host fake;
  auto [tx, rx] = oneshot::channel<int>();
  hand_poll waiting(by_ref(rx));
  CHECK(waiting.poll().is_pending());
  {
    auto gone = std::move(tx);
  }
  CHECK(waiting.is_woken());
  CHECK_FALSE(waiting.poll().value().has_value());
}

TEST_CASE("[SO-04] awaiting by reference is cancel safe, and the waker moves with the receiver") {
  test::fake_host fake;
  auto [tx, rx] = oneshot::channel<int>();
  hand_poll first(by_ref(rx));
  CHECK(first.poll().is_pending());
  hand_poll second(by_ref(rx));
  CHECK(second.poll().is_pending());
  first.drop();
  CHECK(std::move(tx).send(1).has_value());
  CHECK_FALSE(first.is_woken());
  CHECK(second.is_woken());
  CHECK(second.poll().value().value() == 1);
}

TEST_CASE("[SO-04] a poll after the value panics") {
  test::fake_host fake;
  auto [tx, rx] = oneshot::channel<int>();
  CHECK(std::move(tx).send(1).has_value());
  hand_poll waiting(by_ref(rx));
  CHECK(waiting.poll().is_ready());
  CHECK_THROWS_AS((void)waiting.poll(), panic_error);
}

TEST_CASE("[SO-05] try_recv says empty, then the value, then closed") {
  auto [tx, rx] = oneshot::channel<int>();
  CHECK(rx.try_recv().error() == oneshot::try_recv_error::empty);
  CHECK(std::move(tx).send(3).has_value());
  CHECK(rx.try_recv().value() == 3);
  CHECK(rx.try_recv().error() == oneshot::try_recv_error::closed);
}

TEST_CASE("[SO-05] try_recv says closed when the sender is gone") {
  auto [tx, rx] = oneshot::channel<int>();
  {
    auto gone = std::move(tx);
  }
  CHECK(rx.try_recv().error() == oneshot::try_recv_error::closed);
}

TEST_CASE("[SO-06] close() keeps a value that was sent before and refuses one that comes later") {
  test::fake_host fake;
  auto [tx, rx] = oneshot::channel<int>();
  CHECK(std::move(tx).send(3).has_value());
  rx.close();
  CHECK(rx.try_recv().value() == 3);
  hand_poll late(by_ref(rx));
  CHECK_THROWS_AS((void)late.poll(), panic_error);

  auto [tx2, rx2] = oneshot::channel<int>();
  rx2.close();
  CHECK(std::move(tx2).send(4).error() == 4);
  hand_poll waiting(by_ref(rx2));
  CHECK_FALSE(waiting.poll().value().has_value());
}

TEST_CASE("[SO-06] close() does nothing once the value was received") {
  auto [tx, rx] = oneshot::channel<int>();
  CHECK(std::move(tx).send(3).has_value());
  CHECK(rx.try_recv().has_value());
  rx.close();
  CHECK(rx.is_terminated());
}

TEST_CASE("[SO-07] is_terminated and is_empty follow the channel's life") {
  auto [tx, rx] = oneshot::channel<int>();
  CHECK(rx.is_empty());
  CHECK_FALSE(rx.is_terminated());
  CHECK(std::move(tx).send(3).has_value());
  CHECK_FALSE(rx.is_empty());
  CHECK(rx.try_recv().has_value());
  CHECK(rx.is_empty());
  CHECK(rx.is_terminated());
}

TEST_CASE("[SO-08] blocking_recv panics inside a task") {
  test::fake_host fake;
  hand_poll inside(poll_fn([](context&) -> tokio::poll<int> {
    auto [tx, rx] = oneshot::channel<int>();
    return std::move(rx).blocking_recv().value_or(0);
  }));
  CHECK_THROWS_AS((void)inside.poll(), panic_error);
}

TEST_CASE("[SO-09] an undelivered value is destroyed with the receiver, exactly once") {
  {
    auto [tx, rx] = oneshot::channel<counted>();
    CHECK(std::move(tx).send(counted(1)).has_value());
    CHECK(counted::alive == 1);
    {
      auto gone = std::move(rx);
    }
    CHECK(counted::alive == 0);
  }
  {
    auto [tx, rx] = oneshot::channel<counted>();
    rx.close();
    CHECK(std::move(tx).send(counted(1)).error().value == 1);
  }
  CHECK(counted::alive == 0);
}

TEST_CASE("[SO-09] a value may use its own channel's other end in its destructor") {
  auto [tx, rx] = oneshot::channel<test::on_drop>();
  auto [tx2, rx2] = oneshot::channel<int>();
  auto second = std::make_shared<oneshot::sender<int>>(std::move(tx2));
  CHECK(std::move(tx).send(test::on_drop([second] { (void)std::move(*second).send(9); })).has_value());
  {
    auto gone = std::move(rx);
  }
  CHECK(rx2.try_recv().value() == 9);
}

TEST_CASE("[TK-21] receiving spends a unit of budget when it is ready and none while it waits") {
  test::fake_host fake;
  auto [tx, rx] = oneshot::channel<int>();
  hand_poll waiting(by_ref(rx));
  CHECK(waiting.poll_with_budget(3).is_pending());
  CHECK(waiting.budget_left() == 3);
  CHECK(std::move(tx).send(1).has_value());
  CHECK(waiting.poll_with_budget(0).is_pending());
  CHECK(waiting.is_woken());
  CHECK(waiting.poll_with_budget(3).is_ready());
  CHECK(waiting.budget_left() == 2);
}
