// tokio::sync between real threads, bounded: what the blocking forms and the wait lists do under contention. The models
// in tests/model try the orders; this is for ThreadSanitizer and for the system calls.
#include "tokio/sync.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <numeric>
#include <thread>
#include <vector>

#include "tokio/task.hpp"

namespace {

using namespace tokio::sync;

constexpr int rounds = 2000;

}  // namespace

TEST_CASE("[SM-17] blocking senders and a blocking receiver pass every message once, in order per sender") {
  auto [tx, rx] = mpsc::channel<int>(4);
  std::vector<std::thread> senders;
  for (int id = 0; id < 3; ++id)
    senders.emplace_back([id, to = tx] {
      for (int i = 0; i < rounds; ++i) (void)to.blocking_send(i * 3 + id);
    });
  {
    auto gone = std::move(tx);
  }
  std::vector<int> next(3, 0);
  while (auto message = rx.blocking_recv()) {
    auto& expected = next[static_cast<std::size_t>(*message % 3)];
    REQUIRE(*message / 3 == expected++);
  }
  for (auto& sender : senders) sender.join();
  CHECK(next == std::vector<int>(3, rounds));
}

// A parked thread's waker names a place on its stack. AddressSanitizer sees it used after the wait.
TEST_CASE("[SM-18] a blocking receiver of a closed channel leaves no waker behind") {
  for (const bool used : {true, false}) {
    auto [tx, rx] = mpsc::channel<int>(2);
    auto first = mpsc::sender<int>(tx).try_reserve_owned();
    auto second = std::move(tx).try_reserve_owned();
    REQUIRE((first && second));
    rx.close();
    std::thread holder([used, first = std::move(*first), second = std::move(*second)]() mutable {
      if (used) (void)std::move(first).send(1);
      auto back = std::move(second).release();
    });
    CHECK(rx.blocking_recv().has_value() == used);
    CHECK_FALSE(rx.blocking_recv());
    holder.join();
  }
  auto [tx, rx] = mpsc::unbounded_channel<int>();
  rx.close();
  CHECK_FALSE(rx.blocking_recv());
  auto gone = std::move(tx);  // finds no waker of the call before
}

TEST_CASE("[SM-20] a receiver that goes while threads send leaves every message destroyed") {
  for (int round = 0; round < 50; ++round) {
    auto live = std::make_shared<int>(0);
    auto [tx, rx] = mpsc::unbounded_channel<std::shared_ptr<int>>();
    std::vector<std::thread> senders;
    for (int id = 0; id < 2; ++id)
      senders.emplace_back([live, to = tx] {
        while (to.send(live).has_value()) {
        }
      });
    for (int i = 0; i < 100; ++i) (void)rx.blocking_recv();
    {
      auto gone = std::move(rx);
    }
    for (auto& sender : senders) sender.join();
    {
      auto gone = std::move(tx);
    }
    REQUIRE(live.use_count() == 1);
  }
}

TEST_CASE("[SO-08] a blocking receiver gets what another thread sends, or its absence") {
  for (int i = 0; i < rounds; ++i) {
    auto [tx, rx] = oneshot::channel<int>();
    std::thread sender([i, to = std::move(tx)]() mutable {
      if (i % 2) (void)std::move(to).send(i);
    });
    auto got = std::move(rx).blocking_recv();
    sender.join();
    REQUIRE(got.has_value() == (i % 2 == 1));
  }
}

TEST_CASE("[SX-02] blocking locks exclude each other") {
  mutex<int> total(0);
  std::vector<std::thread> threads;
  for (int id = 0; id < 4; ++id)
    threads.emplace_back([&] {
      for (int i = 0; i < rounds; ++i) ++*total.blocking_lock();
    });
  for (auto& thread : threads) thread.join();
  CHECK(total.get_mut() == 4 * rounds);
}

TEST_CASE("[SS-04] blocking acquires of several sizes never exceed what there is, and all return") {
  semaphore gate(5);
  std::atomic<int> used{0};
  std::vector<std::thread> threads;
  for (int id = 1; id <= 3; ++id)
    threads.emplace_back([&, id] {
      for (int i = 0; i < rounds; ++i) {
        auto permit = gate.blocking_acquire_many(static_cast<std::size_t>(id)).value();
        REQUIRE(used.fetch_add(id) + id <= 5);
        used.fetch_sub(id);
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(gate.available_permits() == 5);
}

TEST_CASE("[SB-08] every blocking receiver sees every value in order") {
  auto [tx, rx] = broadcast::channel<std::vector<int>>(4096);
  std::vector<std::thread> receivers;
  for (int id = 0; id < 3; ++id)
    receivers.emplace_back([from = tx.subscribe()]() mutable {
      for (int i = 0; i < rounds; ++i) REQUIRE(from.blocking_recv().value() == std::vector<int>(4, i));
      REQUIRE(from.blocking_recv().error().is_closed());
    });
  for (int i = 0; i < rounds; ++i) REQUIRE(tx.send(std::vector<int>(4, i)).has_value());
  {
    auto gone = std::move(tx);
  }
  for (auto& receiver : receivers) receiver.join();
}

TEST_CASE("[SW-07] looks and changes from several threads never see half a value") {
  auto [tx, rx] = watch::channel(std::pair(0, 0));
  std::thread writer([to = tx] {
    for (int i = 1; i <= rounds; ++i) to.send_modify([&](auto& value) { value = {i, -i}; });
  });
  int last = 0;
  while (last < rounds) {
    auto value = rx.borrow_and_update();
    REQUIRE(value->first == -value->second);
    REQUIRE(value->first >= last);
    last = value->first;
  }
  writer.join();
}

TEST_CASE("[SX-06] [SX-07] readers beside writers, some of which go on as readers, never see half a value") {
  rwlock<std::pair<int, int>> value({0, 0}, 3);
  std::vector<std::thread> threads;
  for (int id = 0; id < 2; ++id)
    threads.emplace_back([&, id] {
      for (int i = 0; i < rounds; ++i) {
        auto held = value.blocking_write();
        ++held->first;
        --held->second;
        const int mine = held->first;
        if (i % 2 != id) continue;
        auto reads = std::move(held).downgrade();
        REQUIRE(reads->first == mine);
      }
    });
  for (int id = 0; id < 2; ++id)
    threads.emplace_back([&] {
      for (int i = 0; i < rounds; ++i) {
        auto held = value.blocking_read();
        REQUIRE(held->first == -held->second);
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(value.get_mut() == std::pair(2 * rounds, -2 * rounds));
}

TEST_CASE("[SN-07] [SN-17] threads without a host meet at a barrier, with one leader in each round") {
  constexpr int parties = 3;
  barrier meet(parties);
  std::atomic<int> leaders{0};
  std::vector<std::thread> threads;
  for (int id = 0; id < parties; ++id)
    threads.emplace_back([&] {
      for (int i = 1; i <= rounds; ++i) {
        if (block_on(meet.wait(), "").is_leader()) ++leaders;
        (void)block_on(meet.wait(), "");
        REQUIRE(leaders == i);
        (void)block_on(meet.wait(), "");
      }
    });
  for (auto& thread : threads) thread.join();
}

TEST_CASE("[SN-08] [SN-10] [SN-17] one of several threads without a host makes the value, and all get it") {
  for (int round = 0; round < 200; ++round) {
    once_cell<std::vector<int>> cell;
    set_once<int> told;
    std::atomic<int> made{0};
    std::vector<std::thread> threads;
    for (int id = 0; id < 3; ++id)
      threads.emplace_back([&] {
        auto make = [&made]() -> tokio::task<std::vector<int>> {
          ++made;
          co_await tokio::consume_budget();
          co_return std::vector<int>{1, 2, 3};
        };
        REQUIRE(block_on(cell.get_or_init(make), "")->size() == 3);
        REQUIRE(*block_on(told.wait(), "") == 5);
      });
    REQUIRE(told.set(5).has_value());
    for (auto& thread : threads) thread.join();
    REQUIRE(made == 1);
  }
}

TEST_CASE("[SN-17] a notification wakes a thread without a host") {
  notify ping, pong;
  std::thread other([&] {
    for (int i = 0; i < rounds; ++i) {
      block_on(ping.notified(), "");
      pong.notify_one();
    }
  });
  for (int i = 0; i < rounds; ++i) {
    ping.notify_one();
    block_on(pong.notified(), "");
  }
  other.join();
}

TEST_CASE("[TK-16] [SN-17] a task that yields goes on, on a thread without a host") {
  auto yields = []() -> tokio::task<int> {
    for (int i = 0; i < 10; ++i) co_await tokio::yield_now();
    co_return 7;
  };
  CHECK(block_on(yields(), "") == 7);
}
