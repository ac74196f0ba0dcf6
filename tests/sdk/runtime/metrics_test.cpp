// The numbers of a runtime, as a program reads them.
#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "flavors.hpp"
#include "support/eventually.hpp"
#include "tokio/net.hpp"
#include "tokio/sync.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using tokio::spawn;
using tokio::task;
using tokio::test::both;
using tokio::test::make;
using tokio::test::on_both;
using tokiod::test::becomes_true;

namespace {

// The sum of a number over all workers.
template <class Number>
std::uint64_t over_all(const tokio::runtime::metrics& of, Number number) {
  std::uint64_t sum = 0;
  for (std::size_t worker = 0; worker < of.num_workers(); ++worker) sum += static_cast<std::uint64_t>(number(worker));
  return sum;
}

}  // namespace

TEST_CASE("[RM-01] [RM-02] [RM-10] [RR-12] workers, tasks alive and spawned, also after the end") {
  on_both([](auto& rt, bool one_thread) {
    const auto metrics = rt.metrics();
    CHECK(metrics.num_workers() == (one_thread ? 1 : 2));
    CHECK(metrics.num_alive_tasks() == 0);
    auto task_of_test = rt.spawn([]() -> task<> { co_await tokio::time::sleep(1h); });
    CHECK(metrics.num_alive_tasks() == 1);
    CHECK(metrics.spawned_tasks_count() == 1);
    task_of_test.abort();
    CHECK(rt.block_on(task_of_test).error().is_cancelled());
    CHECK(metrics.num_alive_tasks() == 0);
    CHECK(metrics.spawned_tasks_count() == 1);
    std::move(rt).shutdown_timeout(1s);
    CHECK(metrics.num_workers() == (one_thread ? 1 : 2));
    CHECK(metrics.num_idle_blocking_threads() == 0);
  });
}

TEST_CASE("[RM-03] [RM-11] what comes from other threads waits in the global queue, and is counted") {
  auto rt = make(both(true));
  const auto metrics = rt.metrics();
  for (int i = 0; i < 3; ++i) rt.spawn([]() -> task<> { co_return; }).detach();
  CHECK(metrics.global_queue_depth() == 3);
  CHECK(metrics.remote_schedule_count() == 3);
  rt.block_on([]() -> task<> {
    for (int i = 0; i < 5; ++i) co_await tokio::yield_now();
  });
  CHECK(metrics.global_queue_depth() == 0);
}

TEST_CASE("[RM-04] [RM-05] [RM-06] [RM-15] busy time, sleeps, and whether a worker sleeps now") {
  auto rt = make(both(false).worker_threads(1));
  const auto metrics = rt.metrics();
  CHECK(becomes_true([&] { return metrics.worker_park_unpark_count(0) % 2 == 1; }));
  std::atomic<bool> polling = false, go_on = false;
  auto busy = rt.spawn([&]() -> task<> {
    polling = true;
    while (!go_on) std::this_thread::yield();
    co_return;
  });
  while (!polling) std::this_thread::yield();
  CHECK(metrics.worker_park_unpark_count(0) % 2 == 0);
  go_on = true;
  CHECK(rt.block_on(busy).has_value());
  rt.block_on([] { return tokio::time::sleep(1ms); });
  CHECK(metrics.worker_park_count(0) >= 1);
  CHECK(becomes_true([&] { return metrics.worker_total_busy_duration(0) > 0ns; }));
  CHECK(metrics.worker_noop_count(0) <= metrics.worker_park_count(0));
  CHECK_THROWS_AS((void)metrics.worker_park_count(1), tokio::panic_error);
}

TEST_CASE("[RM-07] [RM-08] [RM-09] blocking threads, those that are idle, and jobs that wait for one") {
  on_both([](auto&, bool one_thread) {
    auto rt = make(both(one_thread).max_blocking_threads(1));
    const auto metrics = rt.metrics();
    CHECK(metrics.num_blocking_threads() == 0);
    std::atomic<bool> entered = false, go_on = false;
    auto first = rt.spawn_blocking([&] {
      entered = true;
      while (!go_on) std::this_thread::yield();
    });
    while (!entered) std::this_thread::yield();
    auto second = rt.spawn_blocking([] {});
    CHECK(metrics.num_blocking_threads() == 1);
    CHECK(metrics.num_idle_blocking_threads() == 0);
    CHECK(metrics.blocking_queue_depth() == 1);
    go_on = true;
    CHECK(rt.block_on(first).has_value());
    CHECK(rt.block_on(second).has_value());
    CHECK(metrics.blocking_queue_depth() == 0);
    CHECK(becomes_true([&] { return metrics.num_idle_blocking_threads() == 1; }));
  });
}

TEST_CASE("[RM-12] a task whose budget is used up is counted") {
  on_both([](auto& rt, bool) {
    auto spends = rt.spawn([]() -> task<> {
      for (int i = 0; i < 129; ++i) co_await tokio::consume_budget();
    });
    CHECK(rt.block_on(spends).has_value());
    CHECK(rt.metrics().budget_forced_yield_count() == 1);
  });
}

TEST_CASE("[RM-13] the thread of a worker; of current_thread the one that drove it last") {
  on_both([](auto& rt, bool one_thread) {
    if (one_thread) CHECK_FALSE(rt.metrics().worker_thread_id(0).has_value());
    auto here = rt.spawn([]() -> task<std::pair<int, std::size_t>> {
      co_return std::pair(::gettid(), *tokio::runtime::worker_index());
    });
    const auto [thread, worker] = rt.block_on(here).value();
    CHECK(rt.metrics().worker_thread_id(worker) == thread);
  });
}

TEST_CASE("[RM-14] [RM-17] [RM-18] [RM-19] the own queue of a worker: depth, polls, schedules, overflows") {
  auto rt = make(both(true));
  const auto metrics = rt.metrics();
  rt.block_on([&]() -> task<> {
    for (int i = 0; i < 10; ++i) spawn([]() -> task<> { co_return; }).detach();
    CHECK(metrics.worker_local_queue_depth(0) == 10);
    CHECK(metrics.worker_overflow_count(0) == 0);
    co_await tokio::yield_now();
    CHECK(metrics.worker_local_queue_depth(0) == 0);
    for (int i = 0; i < 1000; ++i) spawn([]() -> task<> { co_return; }).detach();
    CHECK(metrics.worker_overflow_count(0) > 0);
    while (metrics.num_alive_tasks() != 0) co_await tokio::yield_now();
  });
  CHECK(metrics.worker_poll_count(0) == 1010);  // block_on's own future is not among them
  rt.block_on([] { return tokio::time::sleep(1ms); });
  CHECK(metrics.worker_local_schedule_count(0) == 1010);
  CHECK(metrics.worker_steal_count(0) == 0);
  CHECK(metrics.worker_steal_operations(0) == 0);
}

TEST_CASE("[RM-16] tasks that a worker stole from one that is busy") {
  auto rt = make(both(false));
  const auto metrics = rt.metrics();
  CHECK(becomes_true([&] {
    auto busy = rt.spawn([]() -> task<> {
      std::vector<tokio::join_handle<void>> all;
      for (int i = 0; i < 100; ++i)
        all.push_back(spawn([]() -> task<> {
          const auto until = std::chrono::steady_clock::now() + 50us;
          while (std::chrono::steady_clock::now() < until) {
          }
          co_return;
        }));
      for (auto& one : all) (void)co_await one;
    });
    (void)rt.block_on(busy);
    return over_all(metrics, [&](auto w) { return metrics.worker_steal_count(w); }) > 0;
  }));
  CHECK(over_all(metrics, [&](auto w) { return metrics.worker_steal_operations(w); }) > 0);
}

TEST_CASE("[RM-20] the mean time of a poll is known once enough of them were made") {
  auto rt = make(both(false).worker_threads(1));
  CHECK(becomes_true([&] {
    auto many = rt.spawn([]() -> task<> {
      for (int i = 0; i < 1000; ++i) co_await tokio::yield_now();
    });
    (void)rt.block_on(many);
    return rt.metrics().worker_mean_poll_time(0) > 0ns;
  }));
}

TEST_CASE("[RM-23] descriptors that the driver was given and gave back, and what it was told of them") {
  on_both([](auto& rt, bool) {
    const auto metrics = rt.metrics();
    CHECK(metrics.io_driver_fd_registered_count() == 0);
    rt.block_on([&]() -> task<> {
      auto listener = (co_await tokio::net::tcp_listener::bind("127.0.0.1:0")).value();
      CHECK(metrics.io_driver_fd_registered_count() == 1);
      const auto address = listener.local_addr().value();
      auto client = spawn(
          [](tokio::net::socket_address to) -> task<bool> {
            co_return (co_await tokio::net::tcp_stream::connect(to)).has_value();
          },
          address);
      CHECK((co_await listener.accept()).has_value());
      CHECK((co_await client).value());
    });
    CHECK(metrics.io_driver_fd_registered_count() == 3);
    CHECK(metrics.io_driver_fd_deregistered_count() == 3);
    CHECK(metrics.io_driver_ready_count() > 0);
  });
}
