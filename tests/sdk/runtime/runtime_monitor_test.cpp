// runtime_monitor: the numbers of a real runtime over intervals, compared with those numbers themselves while they
// stand still.
#include "tokio/metrics/runtime_monitor.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "flavors.hpp"
#include "support/eventually.hpp"
#include "tokio/metrics/task_monitor.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using tokio::task;
using tokio::metrics::runtime_monitor;
using tokio::test::both;
using tokio::test::make;
using tokio::test::on_both;
using tokiod::test::becomes_true;

namespace {

task<> some_work() {
  for (int i = 0; i < 20; ++i) co_await tokio::yield_now();
  co_await tokio::time::sleep(1ms);
}

template <class Number>
auto each(const tokio::runtime::metrics& of, Number number) {
  std::vector<decltype(number(std::size_t{}))> all;
  for (std::size_t w = 0; w < of.num_workers(); ++w) all.push_back(number(w));
  return all;
}

// Everything it has counted is there to see when it has ended.
template <class Number>
auto spread(const tokio::runtime::metrics& of, Number number) {
  tokio::metrics::over_workers<decltype(number(std::size_t{}))> all;
  all.max = all.min = number(0);
  for (std::size_t w = 0; w < of.num_workers(); ++w) {
    all.total += number(w);
    all.max = std::max(all.max, number(w));
    all.min = std::min(all.min, number(w));
  }
  return all;
}

}  // namespace

TEST_CASE("[OB-14] an interval is the difference of the numbers, with sums, most and least over the workers") {
  on_both([](auto& rt, bool one_thread) {
    const auto metrics = rt.metrics();
    // Workers that sleep count nothing, so two looks at them agree.
    REQUIRE(becomes_true([&] {
      for (std::size_t w = 0; w < metrics.num_workers(); ++w)
        if (!one_thread && metrics.worker_park_unpark_count(w) % 2 == 0) return false;
      return true;
    }));
    const auto parks = each(metrics, [&](std::size_t w) { return metrics.worker_park_count(w); });
    const auto busy = each(metrics, [&](std::size_t w) { return metrics.worker_total_busy_duration(w); });
    auto changes = runtime_monitor(rt.handle()).intervals();
    for (int i = 0; i < 4; ++i) rt.spawn(some_work()).detach();
    rt.block_on(some_work());
    std::move(rt).shutdown_timeout(10s);

    const auto seen = changes.next();
    CHECK(seen.workers_count == (one_thread ? 1 : 2));
    CHECK(seen.elapsed > 0ns);
    CHECK(seen.polls_count == spread(metrics, [&](std::size_t w) { return metrics.worker_poll_count(w); }));
    CHECK(seen.polls_count.total >= 20 * 4);
    CHECK(seen.park_count == spread(metrics, [&](std::size_t w) { return metrics.worker_park_count(w) - parks[w]; }));
    CHECK(seen.busy_duration ==
          spread(metrics, [&](std::size_t w) { return metrics.worker_total_busy_duration(w) - busy[w]; }));
    CHECK(seen.num_remote_schedules == metrics.remote_schedule_count());
    CHECK(seen.local_schedule_count.total >= 20 * 4);
    CHECK(seen.live_tasks_count == 0);
    CHECK(seen.busy_ratio() > 0);
    CHECK(seen.mean_poll_duration_worker_min <= seen.mean_poll_duration);
    CHECK(seen.mean_poll_duration <= seen.mean_poll_duration_worker_max);

    const auto nothing = changes.next();
    CHECK(nothing.polls_count == tokio::metrics::over_workers<std::uint64_t>{});
    CHECK(nothing.busy_duration.total == 0ns);
    CHECK(nothing.num_remote_schedules == 0);
    CHECK(nothing.workers_count == seen.workers_count);  // a level, not a count
    CHECK(nothing.mean_polls_per_park() == 0);
  });
}

TEST_CASE("[OB-14] what is derived: polls for each sleep that had work, busy time by time that passed") {
  tokio::metrics::runtime_metrics seen;
  CHECK(seen.mean_polls_per_park() == 0);
  CHECK(seen.busy_ratio() == 0);
  seen.polls_count.total = 30;
  seen.park_count.total = 5;
  seen.noop_count.total = 2;
  CHECK(seen.mean_polls_per_park() == 10);
  seen.elapsed = 4s;
  seen.busy_duration.total = 6s;
  CHECK(seen.busy_ratio() == 1.5);
}

TEST_CASE("[OB-14] poll times by bucket, over all workers") {
  auto options = both(true);
  options.enable_metrics_poll_time_histogram();
  auto rt = make(options);
  auto changes = runtime_monitor(rt.metrics()).intervals();
  rt.block_on([]() -> task<> { (void)co_await tokio::spawn(some_work()); });
  const auto counted = [](const tokio::metrics::runtime_metrics& of) {
    std::uint64_t all = 0;
    for (const auto one : of.poll_time_histogram) all += one;
    return all;
  };
  const auto seen = changes.next();
  CHECK(seen.poll_time_histogram.size() == rt.metrics().poll_time_histogram_num_buckets());
  CHECK(counted(seen) >= 20);
  CHECK(counted(changes.next()) == 0);
}

TEST_CASE("[OB-13] on a real runtime a wait begins with the wake, for each poll after the first") {
  on_both([](auto& rt, bool) {
    const tokio::metrics::task_monitor monitor;
    rt.block_on([&]() -> task<> { (void)co_await tokio::spawn(monitor.instrument(some_work())); });
    const auto seen = monitor.cumulative();
    CHECK(seen.total_poll_count == 22);
    CHECK(seen.total_scheduled_count == 21);
    CHECK(seen.total_idled_count <= 1);  // a yield is no idling; nor is a sleep that is over before its poll is
    CHECK(seen.dropped_count == 1);
  });
}

TEST_CASE("[OB-13] what a block_on waits for is measured as a task is") {
  on_both([](auto& rt, bool) {
    const tokio::metrics::task_monitor monitor;
    rt.block_on([&] { return monitor.instrument(some_work()); });
    const auto seen = monitor.cumulative();
    CHECK(seen.total_poll_count == 22);
    CHECK(seen.total_scheduled_count == 21);
    CHECK(seen.total_idled_count <= 1);
  });
}

TEST_CASE("[OB-13] where the clock stands, waits are of that clock: idle for as long as it jumped, and never late") {
  auto rt = make(both(true).start_paused(true));
  const tokio::metrics::task_monitor monitor;
  const auto sleeper = []() -> task<> { co_await tokio::time::sleep(5s); };
  rt.block_on([&]() -> task<> {
    (void)co_await tokio::spawn(monitor.instrument(sleeper()));
    co_await monitor.instrument(sleeper());  // in what the block_on waits for
  });
  const auto seen = monitor.cumulative();
  CHECK(seen.total_idled_count == 2);
  CHECK(seen.total_idle_duration >= 10s);
  CHECK(seen.total_idle_duration <= 10s + 2ms);  // a timer is as late as its resolution
  CHECK(seen.total_scheduled_count == 2);
  CHECK(seen.total_scheduled_duration == 0s);
  CHECK(seen.total_poll_duration == 0s);
}
