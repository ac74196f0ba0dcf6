// local_set and local_pool on the real runtime with several workers: what only threads can break.
#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "sdk/task/bound_host.hpp"
#include "tokio/sync.hpp"
#include "tokio/task/local_pool.hpp"
#include "tokio/task/local_set.hpp"
#include "tokio/task/scope.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using sdk_test::bound_host;
using sdk_test::counted;
using tokio::spawn;
using tokio::task;

TEST_CASE(
    "[LS-01] [LS-03] local tasks woken and aborted by all workers are never beside each other, and none is lost") {
  bound_host host;
  std::atomic<int> alive = 0;
  host.run([&]() -> task<> {
    tokio::local_set set;
    int inside = 0;  // no lock: that is what the set is for
    long sum = 0;
    auto [tx, rx] = tokio::sync::mpsc::channel<int>(4);
    std::vector<tokio::join_handle<void>> others;
    for (int sender = 0; sender < 4; ++sender)
      others.push_back(spawn(
          [](auto to) -> task<> {
            for (int i = 0; i < 1000; ++i) (void)co_await to.send(1);
          },
          tx));
    {
      auto last = std::move(tx);
    }
    using receiver_of_int = tokio::sync::mpsc::receiver<int>;
    tokio::sync::mutex<receiver_of_int> shared(std::move(rx));
    for (int receiver = 0; receiver < 20; ++receiver)
      set.spawn_local(
          [](tokio::sync::mutex<receiver_of_int>& from, int& now, long& total, counted) -> task<> {
            while (true) {
              auto held = co_await from.lock();
              auto one = co_await held->recv();
              if (!one) co_return;
              CHECK(++now == 1);
              total += *one;
              --now;
            }
          },
          std::ref(shared), std::ref(inside), std::ref(sum), counted(alive));
    std::vector<tokio::join_handle<void>> doomed;
    for (int i = 0; i < 200; ++i)
      doomed.push_back(set.spawn_local(
          [](int& now, counted) -> task<> {
            while (true) {
              CHECK(++now == 1);
              --now;
              co_await tokio::yield_now();
            }
          },
          std::ref(inside), counted(alive)));
    others.push_back(spawn(
        [](auto handles) -> task<> {
          for (auto& each : handles) {
            each.abort();
            CHECK((co_await each).error().is_cancelled());
          }
        },
        std::move(doomed)));
    co_await set;
    CHECK(sum == 4000);
    for (auto& each : others) CHECK(co_await each);
  });
  CHECK(alive == 0);
  host.end();
}

TEST_CASE("[JS-14] [TK-02] a task of a local_pool is made, polled and destroyed on one thread, whatever it waits for") {
  bound_host host;
  host.run([]() -> task<> {
    tokio::local_pool pool(2);
    CHECK(pool.num_threads() == 2);
    struct bound {  // as a library does that was written for one thread
      std::thread::id home = std::this_thread::get_id();
      ~bound() { CHECK(home == std::this_thread::get_id()); }
    };
    const auto job = []() -> task<std::thread::id> {
      bound here;
      auto [tx, rx] = tokio::sync::oneshot::channel<int>();
      spawn(
          [](auto to) -> task<> {
            (void)std::move(to).send(1);
            co_return;
          },
          std::move(tx))
          .detach();
      CHECK(co_await rx);
      CHECK(here.home == std::this_thread::get_id());
      co_await tokio::time::sleep(2ms);
      CHECK(here.home == std::this_thread::get_id());
      co_await tokio::yield_now();
      CHECK((co_await tokio::spawn_local([home = here.home]() -> task<> {
        CHECK(home == std::this_thread::get_id());
        co_return;
      })));
      co_return here.home;
    };
    std::vector<tokio::join_handle<std::thread::id>> on_first, on_second;
    for (int i = 0; i < 50; ++i) {
      on_first.push_back(pool.spawn_pinned_by_idx(job, 0));
      on_second.push_back(pool.spawn_pinned_by_idx(job, 1));
    }
    const auto first = (co_await on_first[0]).value();
    const auto second = (co_await on_second[0]).value();
    CHECK(first != second);
    for (std::size_t i = 1; i < 50; ++i) {
      CHECK((co_await on_first[i]).value() == first);
      CHECK((co_await on_second[i]).value() == second);
    }
  });
  host.end();
}

TEST_CASE("[JS-14] spawn_pinned takes the thread with the fewest tasks, and loads are told for each") {
  bound_host host;
  host.run([]() -> task<> {
    tokio::local_pool pool(3);
    const auto copy = pool;  // the same pool
    tokio::sync::notify go;
    std::vector<tokio::join_handle<void>> handles;
    for (int i = 0; i < 6; ++i) handles.push_back(copy.spawn_pinned([&go]() -> task<> { co_await go.notified(); }));
    CHECK(pool.task_loads() == std::vector<std::size_t>{2, 2, 2});
    for (auto& each : handles) each.abort();
    for (auto& each : handles) CHECK((co_await each).error().is_cancelled());
    CHECK(pool.task_loads() == std::vector<std::size_t>{0, 0, 0});
  });
  host.end();
}

TEST_CASE("[JS-14] a function or a task that throws ends by itself, and its thread goes on") {
  bound_host host;
  host.run([]() -> task<> {
    tokio::local_pool pool(1);
    auto task_throws = pool.spawn_pinned([]() -> task<int> {
      throw std::runtime_error("in the task");
      co_return 1;
    });
    auto fn_throws =
        pool.spawn_pinned([]() -> tokio::join_handle<int> { throw std::runtime_error("in the function"); });
    CHECK((co_await task_throws).error().message() == "in the task");
    CHECK((co_await fn_throws).error().message() == "in the function");
    CHECK((co_await pool.spawn_pinned([]() -> task<int> { co_return 2; })).value() == 2);
    CHECK_THROWS_AS(tokio::local_pool(0), tokio::panic_error);
    CHECK_THROWS_AS(pool.spawn_pinned_by_idx([]() -> task<> { co_return; }, 1), tokio::panic_error);
  });
  host.end();
}

TEST_CASE("[JS-14] the last copy of a pool ends its threads, and what runs on them is destroyed there") {
  bound_host host;
  std::atomic<int> alive = 0;
  host.run([&]() -> task<> {
    std::vector<tokio::join_handle<void>> handles;
    std::atomic<int> at_home = 0;
    struct homing {
      std::thread::id home = std::this_thread::get_id();
      std::atomic<int>& count;
      counted here;
      ~homing() { count += home == std::this_thread::get_id(); }
    };
    {
      tokio::local_pool pool(2);
      tokio::sync::notify started;
      for (int i = 0; i < 8; ++i) {
        handles.push_back(pool.spawn_pinned([&]() -> task<> {
          const homing mine{.count = at_home, .here = counted(alive)};
          started.notify_one();
          co_await tokio::poll_fn([](tokio::context&) -> tokio::poll<void> { return tokio::pending; });
        }));
        co_await started.notified();
      }
    }
    for (auto& each : handles) CHECK((co_await each).error().is_cancelled());
    CHECK(alive == 0);
    CHECK(at_home == 8);
  });
  host.end();
}

TEST_CASE(
    "scopes with children on all workers leave none behind, with and without a failure, also when they are dropped") {
  bound_host host;
  std::atomic<int> alive = 0;
  host.run([&]() -> task<> {
    const auto work = [](counted, int turns, bool fails) -> task<int> {
      for (int i = 0; i < turns; ++i) co_await tokio::yield_now();
      if (fails) throw std::runtime_error("as asked");
      co_return turns;
    };
    for (int round = 0; round < 100; ++round) {
      const bool fails = round % 2 == 1;
      bool failed = false;
      try {
        co_await tokio::scope([&](tokio::scope_children& children) -> task<> {
          for (int i = 0; i < 10; ++i) {
            children.spawn(work(counted(alive), i, false));
            children.spawn_parallel(work(counted(alive), i, fails && i == 5));
          }
          co_return;
        });
      } catch (const std::runtime_error&) {
        failed = true;
      }
      CHECK(failed == fails);
      CHECK(alive == 0);
    }
    for (int round = 0; round < 100; ++round) {
      int borrowed = 0;  // children of spawn() are gone with the scope, however it goes
      auto won = co_await tokio::select(tokio::biased, tokio::scope([&](tokio::scope_children& children) -> task<> {
                                          for (int i = 0; i < 10; ++i)
                                            children.spawn(
                                                [](int& around) -> task<> {
                                                  while (true) {
                                                    ++around;
                                                    co_await tokio::yield_now();
                                                  }
                                                },
                                                std::ref(borrowed));
                                          co_return;
                                        }),
                                        tokio::time::sleep(std::chrono::microseconds(200)));
      CHECK(won.index() == 1);
    }
  });
  CHECK(alive == 0);
  host.end();
}
