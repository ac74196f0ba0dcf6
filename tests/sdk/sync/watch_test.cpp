// tokio::sync::watch, rows SW-01 to SW-10.
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "counted.hpp"
#include "tokio/sync/watch.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using namespace tokio::sync;
using test::counted;
using test::hand_poll;

}  // namespace

TEST_CASE("[SW-01] the initial value counts as seen, and only the last value is kept") {
  test::fake_host fake;
  auto [tx, rx] = watch::channel<std::string>("one");
  CHECK(*rx.borrow() == "one");
  hand_poll changed(rx.changed());
  CHECK(changed.poll().is_pending());
  CHECK(tx.send("two").has_value());
  CHECK(tx.send("three").has_value());
  CHECK(changed.is_woken());
  CHECK(changed.poll().value().has_value());
  CHECK(*rx.borrow() == "three");
  hand_poll again(rx.changed());
  CHECK(again.poll().is_pending());
}

TEST_CASE("[SW-01] several senders replace the value in turn; the last one's end is the channel's") {
  auto [tx, rx] = watch::channel(1);
  auto other = tx;
  CHECK(tx.sender_count() == 2);
  CHECK(other.same_channel(tx));
  CHECK(other.send(2).has_value());
  {
    auto gone = std::move(tx);
  }
  CHECK(rx.has_changed().value());
  CHECK(other.send(3).has_value());
  CHECK(*rx.borrow_and_update() == 3);
  {
    auto gone = std::move(other);
  }
  CHECK_FALSE(rx.has_changed().has_value());
}

TEST_CASE("[SW-02] a send without receivers gives the value back and stores nothing") {
  auto [tx, rx] = watch::channel(1);
  {
    auto gone = std::move(rx);
  }
  CHECK(tx.send(2).error().value == 2);
  CHECK(*tx.borrow() == 1);
}

TEST_CASE("[SW-03] send_replace and send_modify store without receivers; send_replace gives the old value") {
  watch::sender<int> tx(1);
  CHECK(tx.send_replace(2) == 1);
  tx.send_modify([](int& value) { value += 10; });
  CHECK(*tx.borrow() == 12);
}

TEST_CASE("[SW-03] send_if_modified tells only when it says so") {
  auto [tx, rx] = watch::channel(1);
  CHECK_FALSE(tx.send_if_modified([](int& value) {
    value = 5;
    return false;
  }));
  CHECK_FALSE(rx.has_changed().value());
  CHECK(*rx.borrow() == 5);
  CHECK(tx.send_if_modified([](int& value) { return ++value != 0; }));
  CHECK(rx.has_changed().value());
}

TEST_CASE("[SW-03] a send_modify that throws leaves the change, tells nobody, and poisons nothing") {
  auto [tx, rx] = watch::channel(1);
  CHECK_THROWS_AS(tx.send_modify([](int& value) {
    value = 7;
    throw std::runtime_error("late");
  }),
                  std::runtime_error);
  CHECK_FALSE(rx.has_changed().value());
  CHECK(*rx.borrow() == 7);
  CHECK(tx.send(8).has_value());
  CHECK(*rx.borrow_and_update() == 8);
}

TEST_CASE("[SW-04] closed() is ready when the last receiver goes; subscribe opens the channel again") {
  test::fake_host fake;
  auto [tx, rx] = watch::channel(1);
  auto second = rx;
  CHECK(tx.receiver_count() == 2);
  hand_poll closed(tx.closed());
  CHECK(closed.poll().is_pending());
  {
    auto gone = std::move(rx);
  }
  CHECK_FALSE(closed.is_woken());
  {
    auto gone = std::move(second);
  }
  CHECK(closed.is_woken());
  CHECK(tx.is_closed());
  auto late = tx.subscribe();
  CHECK(closed.poll().is_pending());
  CHECK_FALSE(tx.is_closed());
  CHECK(tx.send(2).has_value());
  CHECK(late.has_changed().value());
}

TEST_CASE("[SW-05] changed() sees a value that was sent before the senders went, then fails") {
  test::fake_host fake;
  auto [tx, rx] = watch::channel(1);
  CHECK(tx.send(2).has_value());
  {
    auto gone = std::move(tx);
  }
  hand_poll first(rx.changed());
  CHECK(first.poll().value().has_value());
  hand_poll second(rx.changed());
  CHECK_FALSE(second.poll().value().has_value());
}

TEST_CASE("[SW-05] the last sender's end wakes who waits, the first one's does not") {
  test::fake_host fake;
  auto [tx, rx] = watch::channel(1);
  auto other = tx;
  hand_poll waiting(rx.changed());
  CHECK(waiting.poll().is_pending());
  {
    auto gone = std::move(tx);
  }
  CHECK_FALSE(waiting.is_woken());
  {
    auto gone = std::move(other);
  }
  CHECK(waiting.is_woken());
  CHECK_FALSE(waiting.poll().value().has_value());
}

TEST_CASE("[SW-05] a cancelled changed() has seen nothing") {
  test::fake_host fake;
  auto [tx, rx] = watch::channel(1);
  hand_poll cancelled(rx.changed());
  CHECK(cancelled.poll().is_pending());
  CHECK(tx.send(2).has_value());
  cancelled.drop();
  CHECK(rx.has_changed().value());
}

TEST_CASE("[SW-06] has_changed fails as soon as the senders are gone, even with an unseen value") {
  auto [tx, rx] = watch::channel(1);
  CHECK_FALSE(rx.has_changed().value());
  CHECK(tx.send(2).has_value());
  CHECK(rx.has_changed().value());
  CHECK(rx.has_changed().value());
  {
    auto gone = std::move(tx);
  }
  CHECK_FALSE(rx.has_changed().has_value());
}

TEST_CASE("[SW-07] borrow leaves the value unseen, borrow_and_update sees it, and the ref knows") {
  auto [tx, rx] = watch::channel(1);
  CHECK(tx.send(2).has_value());
  CHECK(rx.borrow().has_changed());
  CHECK(rx.has_changed().value());
  CHECK(rx.borrow_and_update().has_changed());
  CHECK_FALSE(rx.has_changed().value());
  CHECK_FALSE(rx.borrow().has_changed());
}

TEST_CASE("[SW-07] several looks at a time are fine") {
  auto [tx, rx] = watch::channel(1);
  auto first = rx.borrow();
  auto second = tx.borrow();
  CHECK(*first == *second);
}

TEST_CASE("[SW-08] mark_changed and mark_unchanged set the unseen flag, also on a fresh receiver") {
  test::fake_host fake;
  auto [tx, rx] = watch::channel(1);
  rx.mark_changed();
  CHECK(rx.has_changed().value());
  hand_poll changed(rx.changed());
  CHECK(changed.poll().value().has_value());
  CHECK_FALSE(rx.has_changed().value());
  CHECK(tx.send(2).has_value());
  rx.mark_unchanged();
  CHECK_FALSE(rx.has_changed().value());
}

TEST_CASE("[SW-09] wait_for tests the current value first, then each change") {
  test::fake_host fake;
  auto [tx, rx] = watch::channel(1);
  {
    hand_poll now(rx.wait_for([](int value) { return value == 1; }));
    CHECK(*now.poll().value().value() == 1);
  }
  hand_poll later(rx.wait_for([](int value) { return value >= 3; }));
  CHECK(later.poll().is_pending());
  CHECK(tx.send(2).has_value());
  CHECK(later.is_woken());
  CHECK(later.poll().is_pending());
  CHECK(tx.send(3).has_value());
  CHECK(later.is_woken());
  CHECK(*later.poll().value().value() == 3);
}

TEST_CASE("[SW-09] wait_for accepts the last value after the senders went, and fails when it is refused") {
  test::fake_host fake;
  auto [tx, rx] = watch::channel(1);
  CHECK(tx.send(2).has_value());
  {
    auto gone = std::move(tx);
  }
  {
    hand_poll good(rx.wait_for([](int value) { return value == 2; }));
    CHECK(good.poll().value().has_value());
  }
  hand_poll bad(rx.wait_for([](int value) { return value == 9; }));
  CHECK_FALSE(bad.poll().value().has_value());
}

TEST_CASE("[SW-09] a predicate that throws passes its exception on and keeps no lock") {
  test::fake_host fake;
  auto [tx, rx] = watch::channel(1);
  hand_poll throwing(rx.wait_for([](int) -> bool { throw std::runtime_error("no"); }));
  CHECK_THROWS_AS((void)throwing.poll(), std::runtime_error);
  CHECK(tx.send(2).has_value());
}

TEST_CASE("[SW-10] a copy of a receiver has seen what the original has seen") {
  auto [tx, rx] = watch::channel(1);
  CHECK(tx.send(2).has_value());
  auto behind = rx;
  CHECK(*rx.borrow_and_update() == 2);
  CHECK(behind.has_changed().value());
  auto ahead = rx;
  CHECK_FALSE(ahead.has_changed().value());
  CHECK(ahead.same_channel(rx));
}

TEST_CASE("[SW-03] an old value may use its own channel in its destructor") {
  auto [tx, rx] = watch::channel(test::on_drop());
  bool looked = false;
  CHECK(tx.send(test::on_drop([&, again = rx]() mutable {
            (void)again.borrow_and_update();
            looked = true;
          }))
            .has_value());
  CHECK(tx.send(test::on_drop()).has_value());
  CHECK(looked);
}

TEST_CASE("[SW-01] values are destroyed as often as they are made") {
  {
    auto [tx, rx] = watch::channel(counted(1));
    CHECK(tx.send(counted(2)).has_value());
    CHECK(counted::alive == 1);
  }
  CHECK(counted::alive == 0);
}

TEST_CASE("[TK-21] operations that are always ready still spend budget") {
  test::fake_host fake;
  auto [tx, rx] = watch::channel(1);
  CHECK(tx.send(2).has_value());
  hand_poll changed(rx.changed());
  CHECK(changed.poll_with_budget(0).is_pending());
  CHECK(changed.is_woken());
  CHECK(changed.poll_with_budget(2).is_ready());
  CHECK(changed.budget_left() == 1);
  {
    hand_poll waiting(rx.wait_for([](int) { return true; }));
    CHECK(waiting.poll_with_budget(0).is_pending());
  }
  {
    auto gone = std::move(rx);
  }
  hand_poll closed(tx.closed());
  CHECK(closed.poll_with_budget(0).is_pending());
  CHECK(closed.poll_with_budget(1).is_ready());
}
