// block_on, spawn and run: what a program sees of a runtime of its own.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "flavors.hpp"
#include "tokio/runtime.hpp"
#include "tokio/sync.hpp"
#include "tokio/task.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using tokio::spawn;
using tokio::task;
using tokio::runtime::builder;
using tokio::test::both;
using tokio::test::make;
using tokio::test::on_both;

namespace {

task<int> twice(int value) {
  co_await tokio::yield_now();
  co_return 2 * value;
}

task<int> sum_of(int count) {
  std::vector<tokio::join_handle<int>> all;
  for (int i = 0; i < count; ++i) all.push_back(spawn(twice(i)));
  int sum = 0;
  for (auto& one : all) sum += (co_await one).value();
  co_return sum;
}

}  // namespace

TEST_CASE("[RB-01] [RB-02] [RR-02] block_on gives the value of a future, and spawned tasks run meanwhile") {
  on_both([](auto& rt, bool) {
    CHECK(rt.block_on(twice(21)) == 42);
    CHECK(rt.block_on(sum_of(1000)) == 999'000);
    CHECK(rt.block_on([]() -> task<std::string> { co_return "text"; }) == "text");
  });
}

TEST_CASE("[RB-03] [RR-01] a runtime with everything on waits for timers") {
  auto rt = tokio::runtime::runtime::create();
  REQUIRE(rt);
  const auto before = std::chrono::steady_clock::now();
  rt->block_on([] { return tokio::time::sleep(5ms); });
  CHECK(std::chrono::steady_clock::now() - before >= 5ms);
  on_both([](auto& one, bool) {
    one.block_on([]() -> task<> {
      auto timed = spawn([]() -> task<int> {
        co_await tokio::time::sleep(2ms);
        co_return 5;
      });
      CHECK((co_await timed).value() == 5);
    });
  });
}

TEST_CASE("[RR-02] what the future throws comes out of block_on, and the runtime goes on") {
  on_both([](auto& rt, bool) {
    auto throws = []() -> task<int> {
      co_await tokio::yield_now();
      throw std::runtime_error("on purpose");
    };
    CHECK_THROWS_WITH_AS(rt.block_on(throws), "on purpose", std::runtime_error);
    CHECK(rt.block_on(twice(1)) == 2);
  });
}

TEST_CASE("[RR-02] a task that is spawned on one thread goes on by itself, on the other flavor in the next block_on") {
  on_both([](auto& rt, bool one_thread) {
    std::atomic<bool> ran = false;
    rt.spawn(
          [](std::atomic<bool>& flag) -> task<> {
            flag = true;
            co_return;
          },
          std::ref(ran))
        .detach();
    if (one_thread) {
      CHECK_FALSE(ran);
      rt.block_on(tokio::yield_now());
      CHECK(ran);
    } else {
      while (!ran) std::this_thread::yield();
    }
  });
}

TEST_CASE("[RR-02] the future of block_on is no task, and has a budget of its own in each poll") {
  on_both([](auto& rt, bool) {
    const auto units = rt.block_on([]() -> task<int> {
      CHECK_FALSE(tokio::this_task::try_id());
      CHECK_THROWS_AS((void)tokio::this_task::id(), tokio::panic_error);
      int spent = 0;
      while (tokio::coop::has_budget_remaining()) {
        co_await tokio::consume_budget();
        ++spent;
      }
      co_await tokio::consume_budget();  // forced to yield, and polled again with a full budget
      CHECK(tokio::coop::has_budget_remaining());
      co_return spent;
    });
    CHECK(units == 128);
  });
}

TEST_CASE("[RR-02] block_on wakes for what other threads send, also while it sleeps") {
  on_both([](auto& rt, bool) {
    for (int round = 0; round < 200; ++round) {
      auto [tx, rx] = tokio::sync::oneshot::channel<int>();
      std::thread sender([&, to = std::move(tx)]() mutable { (void)std::move(to).send(round); });
      CHECK(rt.block_on(rx).value() == round);
      sender.join();
    }
  });
}

TEST_CASE("[RR-02] a block_on that yields comes after what is queued, and after a timer that is due") {
  auto rt = make(both(true));
  rt.block_on([]() -> task<> {
    std::vector<int> order;
    auto note = [](std::vector<int>& into, int what) -> task<> {
      into.push_back(what);
      co_return;
    };
    spawn(note, std::ref(order), 1).detach();
    spawn(note, std::ref(order), 2).detach();
    co_await tokio::yield_now();
    order.push_back(3);
    CHECK(order == std::vector<int>{1, 2, 3});
    bool fired = false;
    spawn(
        [](bool& flag) -> task<> {
          co_await tokio::time::sleep(1ms);
          flag = true;
        },
        std::ref(fired))
        .detach();
    while (!fired) co_await tokio::yield_now();  // it never sleeps, and sees the timer all the same
  });
}

TEST_CASE("[RR-03] several threads in block_on of one current_thread runtime take turns in driving it") {
  auto rt = make(both(true));
  std::atomic<int> sum = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) sum += rt.block_on(sum_of(10));
    });
  for (auto& one : threads) one.join();
  CHECK(sum == 8 * 50 * 90);
}

TEST_CASE("[RR-03] who waits polls his own future, and drives when the driver has left") {
  auto rt = make(both(true));
  auto [go, wait] = tokio::sync::oneshot::channel<int>();
  std::atomic<bool> driving = false;
  std::thread driver([&] {
    rt.block_on([&]() -> task<> {
      driving = true;
      CHECK((co_await wait).value() == 1);
    });
  });
  while (!driving) std::this_thread::yield();
  const auto here = std::this_thread::get_id();
  rt.block_on([&]() -> task<> {
    CHECK(std::this_thread::get_id() == here);
    (void)std::move(go).send(1);
    co_await tokio::time::sleep(2ms);  // whoever drives, it fires
    auto handle = spawn([]() -> task<std::thread::id> {
      co_await tokio::time::sleep(1ms);
      co_return std::this_thread::get_id();
    });
    CHECK((co_await handle).has_value());
    CHECK(std::this_thread::get_id() == here);
  });
  driver.join();
}

TEST_CASE("[RR-04] spawn and spawn_blocking from any thread") {
  on_both([](auto& rt, bool) {
    tokio::join_handle<int> one, two;
    std::thread([&] {
      one = rt.spawn(twice(4));
      two = rt.spawn_blocking([] { return 9; });
    }).join();
    CHECK(rt.block_on(one).value() == 8);
    CHECK(rt.block_on(two).value() == 9);
  });
}

TEST_CASE("[MC-01] run makes a runtime for a program and gives what its main gives") {
  CHECK(tokio::run([]() -> task<int> {
          auto handle = spawn(twice(3));
          co_await tokio::time::sleep(1ms);
          co_return (co_await handle).value() + 1;
        }) == 7);
}

TEST_CASE("[RR-13] several runtimes in one process do not meet, and a task of one may wait for one of the other") {
  auto first = make(both(false));
  auto second = make(both(true));
  const auto handle = first.handle();
  CHECK(second.block_on([&]() -> task<int> {
    auto remote = handle.spawn(twice(5));
    auto local = spawn(twice(6));
    co_return (co_await remote).value() + (co_await local).value();
  }) == 22);
}
