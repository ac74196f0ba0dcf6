// tokio::sync::broadcast, rows SB-01 to SB-12.
#include "tokio/test.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "counted.hpp"
#include "tokio/sync/broadcast.hpp"

namespace {

using namespace tokio;
using namespace tokio::sync;
using broadcast::try_recv_failure;
using test::counted;
using test::hand_poll;

}  // namespace

TEST_CASE("[SB-01] a capacity of 0 or more than half of the address space panics; others round up") {
  CHECK_THROWS_AS(broadcast::channel<int>(0), panic_error);
  CHECK_THROWS_AS(broadcast::channel<int>(SIZE_MAX / 2 + 1), panic_error);
  auto [tx, rx] = broadcast::channel<int>(3);
  for (int i = 0; i < 4; ++i) CHECK(tx.send(i).has_value());
  CHECK(rx.try_recv().value() == 0);
}

TEST_CASE("[SB-02] a sender of its own has no receivers") {
  test::fake_host fake;
  broadcast::sender<int> tx(2);
  CHECK(tx.receiver_count() == 0);
  CHECK(tx.send(4).error().value == 4);
  hand_poll closed(tx.closed());
  CHECK(closed.poll().is_ready());
}

TEST_CASE("[SB-03] every receiver gets every value, and send counts the receivers") {
  auto [tx, rx] = broadcast::channel<std::string>(4);
  auto other = tx.subscribe();
  CHECK(tx.send("a").value() == 2);
  CHECK(rx.try_recv().value() == "a");
  CHECK(other.try_recv().value() == "a");
  CHECK(rx.try_recv().error().why == try_recv_failure::empty);
}

TEST_CASE("[SB-04] a new receiver starts at the end; handles are counted; weak ones do not keep it open") {
  auto [tx, rx] = broadcast::channel<int>(4);
  CHECK(tx.send(1).has_value());
  auto late = tx.subscribe();
  CHECK(late.try_recv().error().why == try_recv_failure::empty);
  CHECK(tx.receiver_count() == 2);
  auto weak = tx.downgrade();
  {
    auto other = weak.upgrade();
    REQUIRE(other.has_value());
    CHECK(other->same_channel(tx));
    CHECK(tx.strong_count() == 2);
    CHECK(tx.weak_count() == 1);
  }
  {
    auto gone = std::move(tx);
  }
  CHECK_FALSE(weak.upgrade().has_value());
  CHECK(late.try_recv().error().why == try_recv_failure::closed);
}

TEST_CASE("[SB-05] the sender's len is the largest of its receivers' len, at most the capacity, at any time") {
  std::mt19937 random(11);
  broadcast::sender<int> tx(8);
  std::vector<broadcast::receiver<int>> all;
  for (int step = 0; step < 1000; ++step) {
    switch (random() % 6) {
      case 0: all.push_back(tx.subscribe()); break;
      case 1:
        if (!all.empty()) all.erase(all.begin() + static_cast<std::ptrdiff_t>(random() % all.size()));
        break;
      case 2: (void)tx.send(step); break;
      case 3: (void)tx.send(step); break;
      default:
        if (!all.empty()) (void)all[random() % all.size()].try_recv();
    }
    std::size_t longest = 0;
    for (const auto& rx : all) longest = std::max(longest, rx.len());
    REQUIRE(tx.len() == std::min<std::size_t>(longest, 8));
    REQUIRE(tx.is_empty() == (longest == 0));
  }
}

TEST_CASE("[SB-06] closed() waits for the last receiver, and waits again when somebody subscribed before its poll") {
  test::fake_host fake;
  auto [tx, rx] = broadcast::channel<int>(2);
  hand_poll closed(tx.closed());
  CHECK(closed.poll().is_pending());
  {
    auto gone = std::move(rx);
  }
  CHECK(closed.is_woken());
  std::optional again(tx.subscribe());
  CHECK(closed.poll().is_pending());
  again.reset();
  CHECK(closed.is_woken());
  CHECK(closed.poll().is_ready());
}

TEST_CASE("[SB-07] a receiver that lags is told once how many it missed, and goes on with the oldest value") {
  test::fake_host fake;
  auto [tx, rx] = broadcast::channel<int>(2);
  for (int i = 0; i < 5; ++i) CHECK(tx.send(i).has_value());
  hand_poll lagging(rx.recv());
  auto error = lagging.poll().value().error();
  CHECK(error.is_lagged());
  CHECK(error.missed == 3);
  hand_poll next(rx.recv());
  CHECK(next.poll().value().value() == 3);
  hand_poll last(rx.recv());
  CHECK(last.poll().value().value() == 4);
}

TEST_CASE("[SB-07] recv waits, is woken by a send, and is closed only after the rest was received") {
  test::fake_host fake;
  auto [tx, rx] = broadcast::channel<int>(2);
  hand_poll waiting(rx.recv());
  CHECK(waiting.poll().is_pending());
  CHECK(tx.send(1).has_value());
  CHECK(waiting.is_woken());
  CHECK(waiting.poll().value().value() == 1);
  CHECK(tx.send(2).has_value());
  {
    auto gone = std::move(tx);
  }
  hand_poll rest(rx.recv());
  CHECK(rest.poll().value().value() == 2);
  hand_poll end(rx.recv());
  CHECK(end.poll().value().error().is_closed());
}

TEST_CASE("[SB-07] the last sender's end wakes who waits, and a cancelled recv loses nothing") {
  test::fake_host fake;
  auto [tx, rx] = broadcast::channel<int>(2);
  hand_poll cancelled(rx.recv());
  CHECK(cancelled.poll().is_pending());
  cancelled.drop();
  CHECK(tx.send(1).has_value());
  CHECK(rx.try_recv().value() == 1);
  hand_poll waiting(rx.recv());
  CHECK(waiting.poll().is_pending());
  {
    auto gone = std::move(tx);
  }
  CHECK(waiting.is_woken());
  CHECK(waiting.poll().value().error().is_closed());
}

TEST_CASE("[SB-08] try_recv tells empty, closed and lagged apart; blocking_recv panics inside a task") {
  test::fake_host fake;
  auto [tx, rx] = broadcast::channel<int>(1);
  CHECK(rx.try_recv().error().why == try_recv_failure::empty);
  CHECK(tx.send(1).has_value());
  CHECK(tx.send(2).has_value());
  auto lagged = rx.try_recv().error();
  CHECK(lagged.why == try_recv_failure::lagged);
  CHECK(lagged.missed == 1);
  CHECK(rx.blocking_recv().value() == 2);
  hand_poll inside(poll_fn([&](context&) -> tokio::poll<bool> { return rx.blocking_recv().has_value(); }));
  CHECK_THROWS_AS((void)inside.poll(), panic_error);
  {
    auto gone = std::move(tx);
  }
  CHECK(rx.try_recv().error().why == try_recv_failure::closed);
}

TEST_CASE("[SB-09] len includes what was overwritten until the lag was told") {
  auto [tx, rx] = broadcast::channel<int>(2);
  CHECK(rx.is_empty());
  for (int i = 0; i < 5; ++i) CHECK(tx.send(i).has_value());
  CHECK(rx.len() == 5);
  CHECK_FALSE(rx.try_recv().has_value());
  CHECK(rx.len() == 2);
}

TEST_CASE("[SB-10] resubscribe starts at the end, and on a closed channel says closed") {
  auto [tx, rx] = broadcast::channel<int>(2);
  CHECK(tx.send(1).has_value());
  auto fresh = rx.resubscribe();
  CHECK(fresh.same_channel(rx));
  CHECK(fresh.try_recv().error().why == try_recv_failure::empty);
  CHECK(rx.sender_strong_count() == 1);
  CHECK_FALSE(rx.is_closed());
  {
    auto gone = std::move(tx);
  }
  CHECK(rx.is_closed());
  CHECK(rx.resubscribe().try_recv().error().why == try_recv_failure::closed);
  CHECK(rx.try_recv().value() == 1);
}

TEST_CASE("[SB-11] a copy that throws skips that value and leaves the receiver usable") {
  struct fragile {
    explicit fragile(int value) : value(value) {}
    fragile(const fragile& other) : value(other.value) {
      if (value == 13) throw std::runtime_error("unlucky");
    }
    fragile(fragile&&) = default;
    fragile& operator=(fragile&&) = default;
    int value;
  };
  auto [tx, rx] = broadcast::channel<fragile>(4);
  CHECK(tx.send(fragile(13)).has_value());
  CHECK(tx.send(fragile(14)).has_value());
  CHECK_THROWS_AS((void)rx.try_recv(), std::runtime_error);
  CHECK(rx.try_recv()->value == 14);
}

TEST_CASE("[SB-11] a value may send on its own channel in its destructor") {
  auto [tx, rx] = broadcast::channel<test::on_drop>(1);
  int drops = 0;
  auto value = [&] {
    return test::on_drop([&, again = tx.downgrade()] {
      ++drops;
      (void)again.upgrade()->send(test::on_drop());
    });
  };
  CHECK(tx.send(value()).has_value());
  CHECK(tx.send(test::on_drop()).has_value());  // evicts the first one
  CHECK(drops == 1);
  CHECK(tx.send(value()).has_value());
  {
    auto gone = std::move(rx);
  }  // nobody will see the second one
  CHECK(drops == 2);
}

TEST_CASE("[SB-12] a receiver that goes frees what only it had not seen") {
  auto [tx, rx] = broadcast::channel<counted>(8);
  std::optional other(tx.subscribe());
  for (int i = 0; i < 4; ++i) CHECK(tx.send(counted(i)).has_value());
  for (int i = 0; i < 4; ++i) CHECK(rx.try_recv()->value == i);
  CHECK(counted::alive == 4);
  CHECK(tx.len() == 4);
  other.reset();
  CHECK(counted::alive == 0);
  CHECK(tx.len() == 0);
}

TEST_CASE("[SB-12] values are freed as soon as the last receiver has them") {
  auto [tx, rx] = broadcast::channel<counted>(8);
  CHECK(tx.send(counted(1)).has_value());
  CHECK(counted::alive == 1);
  CHECK(rx.try_recv().has_value());
  CHECK(counted::alive == 0);
}

TEST_CASE("[TK-21] recv spends a unit of budget when it is ready and none while it waits") {
  test::fake_host fake;
  auto [tx, rx] = broadcast::channel<int>(2);
  hand_poll waiting(rx.recv());
  CHECK(waiting.poll_with_budget(2).is_pending());
  CHECK(waiting.budget_left() == 2);
  CHECK(tx.send(1).has_value());
  CHECK(waiting.poll_with_budget(0).is_pending());
  CHECK(waiting.poll_with_budget(2).is_ready());
  CHECK(waiting.budget_left() == 1);
}
