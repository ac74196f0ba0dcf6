// The number of workers of a program's runtime, changed while tasks run.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <thread>
#include <vector>

#include "flavors.hpp"
#include "support/eventually.hpp"
#include "tokio/metrics/runtime_monitor.hpp"
#include "tokio/net.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using tokio::error_kind;
using tokio::spawn;
using tokio::task;
using tokio::runtime::handle;
using tokio::test::both;
using tokio::test::make;
using tokiod::test::becomes_true;

namespace {

tokio::runtime::builder workers(std::size_t count) { return both(false).worker_threads(count); }

// Yields, sleeps and sends bytes to itself until it is told that it is enough. False: a byte was lost.
task<bool> mixed_work(std::atomic<bool>& enough, std::atomic<std::uint64_t>& rounds) {
  auto pair = tokio::net::unix_stream::pair();
  if (!pair) co_return false;
  auto& [near, far] = *pair;
  for (int i = 0; !enough; ++i) {
    const char sent = static_cast<char>('a' + i % 26);
    char got = 0;
    if (!co_await near.write_all(std::string_view(&sent, 1))) co_return false;
    co_await tokio::yield_now();
    if (!co_await far.read_exact({&got, 1}) || got != sent) co_return false;
    if (i % 8 == 0) co_await tokio::time::sleep(100us);
    ++rounds;
  }
  co_return true;
}

// A poll on each of so many workers at the same time.
task<> occupy(std::size_t count) {
  std::atomic<std::size_t> here = 0;
  std::vector<tokio::join_handle<void>> all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back(spawn(
        [](std::atomic<std::size_t>& arrived, std::size_t wanted) -> task<> {
          ++arrived;
          CHECK(becomes_true([&] { return arrived == wanted; }));
          co_return;
        },
        std::ref(here), count));
  for (auto& one : all) (void)co_await one;
}

// What threads pass that start, while it is open.
struct gate {
  std::atomic<bool> closed{false};
  std::atomic<int> waiting{0};
  void pass() {
    ++waiting;
    while (closed) std::this_thread::yield();
  }
};

// Asks with one poll, and gives the future up.
void ask_and_leave(tokio::runtime::runtime& rt, std::size_t count) {
  auto asked = [](handle of, std::size_t n) -> task<> { (void)co_await tokio::time::timeout(0ns, of.resize(n)); };
  rt.block_on(asked(rt.handle(), count));
}

}  // namespace

TEST_CASE("a runtime grows and shrinks under load, asked by one of its tasks, and nothing is lost") {
  auto rt = make(workers(1));
  std::atomic<bool> enough = false;
  std::atomic<std::uint64_t> rounds = 0;
  std::vector<tokio::join_handle<bool>> busy;
  for (int i = 0; i < 20; ++i) busy.push_back(rt.spawn(mixed_work, std::ref(enough), std::ref(rounds)));
  auto resizes = rt.spawn(
      [](std::atomic<std::uint64_t>& seen) -> task<> {
        std::size_t before = 1;
        for (int round = 0; round < 5; ++round)
          for (const std::size_t count : {4u, 1u, 2u, 5u, 3u}) {
            const auto changed = co_await handle::current().resize(count);
            CHECK(changed == before);
            CHECK(handle::current().metrics().num_workers() == count);
            before = count;
            for (const auto then = seen.load(); seen < then + 20;) co_await tokio::yield_now();
          }
      },
      std::ref(rounds));
  CHECK(rt.block_on(resizes).has_value());
  CHECK(rt.metrics().num_workers() == 3);
  CHECK(rt.metrics().num_known_workers() == 5);
  enough = true;
  for (auto& one : busy) CHECK(rt.block_on(one).value());
}

TEST_CASE("a runtime is resized from a thread outside of it, and by a task of another runtime") {
  auto rt = make(workers(2));
  CHECK(rt.block_on(rt.handle().resize(3)) == 2);
  CHECK(rt.block_on(rt.handle().resize(3)) == 3);  // nothing to do
  auto other = make(both(true));
  CHECK(other.block_on(rt.handle().resize(1)) == 3);
  CHECK(rt.metrics().num_workers() == 1);
  CHECK(other.metrics().num_workers() == 1);
  auto there = rt.spawn([]() -> task<int> { co_return 7; });
  CHECK(rt.block_on(there).value() == 7);
}

TEST_CASE("a number of workers that cannot be had is an error value, and nothing changes") {
  auto rt = make(workers(2));
  for (const std::size_t wrong : {std::size_t{0}, std::size_t{1025}, SIZE_MAX}) {
    const auto refused = rt.block_on(rt.handle().resize(wrong));
    CHECK(refused.error().kind() == error_kind::invalid_input);
    CHECK(refused.error().message() == "a runtime has 1 to 1024 workers");
  }
  CHECK(rt.metrics().num_workers() == 2);
  auto alone = make(both(true));
  const auto refused = alone.block_on(alone.handle().resize(2));
  CHECK(refused.error().kind() == error_kind::unsupported);
  CHECK(alone.block_on(alone.handle().resize(1)).error().kind() == error_kind::unsupported);
  const auto of_none = rt.handle();
  std::move(rt).shutdown_timeout(10s);
  CHECK(alone.block_on(of_none.resize(1)).error().kind() == error_kind::shutdown);
}

TEST_CASE("a worker in a poll that does not end retires without it") {
  auto rt = make(workers(2));
  std::atomic<int> inside = 0;
  std::atomic<bool> go_on = false;
  std::vector<tokio::join_handle<void>> long_ones;
  for (int i = 0; i < 2; ++i)
    long_ones.push_back(rt.spawn(
        [](std::atomic<int>& arrived, std::atomic<bool>& over) -> task<> {
          ++arrived;
          while (!over) std::this_thread::yield();
          co_return;
        },
        std::ref(inside), std::ref(go_on)));
  REQUIRE(becomes_true([&] { return inside == 2; }));
  CHECK(rt.block_on(rt.handle().resize(1)) == 2);
  CHECK(rt.metrics().num_workers() == 1);
  go_on = true;
  for (auto& one : long_ones) CHECK(rt.block_on(one).has_value());
}

TEST_CASE("one change at a time; one that nobody waits for any more is made all the same") {
  gate starts;
  auto rt = make(workers(1).on_thread_start([&] { starts.pass(); }));
  REQUIRE(starts.waiting == 1);
  starts.closed = true;
  ask_and_leave(rt, 3);
  REQUIRE(becomes_true([&] { return starts.waiting == 2; }));
  const auto refused = rt.block_on(rt.handle().resize(2));
  CHECK(refused.error().code() == TOKIO_EBUSY);
  CHECK(refused.error().message() == "another change of the number of workers is under way");
  starts.closed = false;
  CHECK(becomes_true([&] { return rt.block_on(rt.handle().resize(3)) == 3; }));
  CHECK(starts.waiting == 3);
}

TEST_CASE("threads of workers that come and go call the hooks of the program") {
  std::atomic<int> started = 0, stopped = 0;
  auto with = workers(1);
  with.on_thread_start([&] { ++started; }).on_thread_stop([&] { ++stopped; });
  {
    auto rt = make(with);
    CHECK(rt.block_on(rt.handle().resize(4)) == 1);
    CHECK(started == 4);
    CHECK(rt.block_on(rt.handle().resize(2)) == 4);
    CHECK(becomes_true([&] { return stopped == 2; }));
  }
  CHECK(stopped == 4);
}

TEST_CASE("a runtime that ends during a change of its workers ends in order") {
  for (std::size_t round = 0; round < 20; ++round) {
    auto rt = make(workers(2));
    for (int i = 0; i < 4; ++i)
      rt.spawn([]() -> task<> {
          for (;;) co_await tokio::yield_now();
        }).detach();
    ask_and_leave(rt, 1 + round % 5);
  }
}

TEST_CASE("poll times, waits and the numbers of workers go on for workers that were added, and stay when they go") {
  auto with = workers(1);
  with.enable_metrics_poll_time_histogram().enable_metrics_schedule_latency_histogram();
  auto rt = make(with);
  const auto metrics = rt.metrics();
  auto changes = tokio::metrics::runtime_monitor(rt.handle()).intervals();
  CHECK(rt.block_on(rt.handle().resize(4)) == 1);
  CHECK(
      becomes_true([&] {  // a worker may be taken over in such a poll, and its successor polls in place of another one
        auto on_all = rt.spawn(occupy(4));
        CHECK(rt.block_on(on_all).has_value());
        for (std::size_t worker = 0; worker < 4; ++worker)
          if (metrics.worker_poll_count(worker) == 0) return false;
        return true;
      }));
  CHECK(rt.block_on(rt.handle().resize(2)) == 4);
  REQUIRE(metrics.num_known_workers() == 4);
  CHECK(metrics.num_workers() == 2);
  std::uint64_t polls = 0, timed = 0, waited = 0;
  for (std::size_t worker = 0; worker < 4; ++worker) {
    CHECK(metrics.worker_poll_count(worker) > 0);
    polls += metrics.worker_poll_count(worker);
    for (std::size_t i = 0; i < metrics.poll_time_histogram_num_buckets(); ++i)
      timed += metrics.poll_time_histogram_bucket_count(worker, i);
    for (std::size_t i = 0; i < metrics.schedule_latency_histogram_num_buckets(); ++i)
      waited += metrics.schedule_latency_histogram_bucket_count(worker, i);
  }
  CHECK(timed == polls);
  CHECK(waited == polls);
  const auto seen = changes.next();
  CHECK(seen.polls_count.total == polls);
  CHECK(seen.workers_count == 2);
  CHECK_THROWS_AS(metrics.worker_poll_count(4), tokio::panic_error);
}
