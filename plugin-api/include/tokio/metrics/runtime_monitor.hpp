// `runtime_monitor`: what a runtime did from one look to the next, as sums, and as least and most over its workers.
//   metrics::runtime_monitor monitor(rt.handle());  auto changes = monitor.intervals();
//   auto last_second = changes.next();  last_second.busy_ratio();
// Answers to tokio_metrics::RuntimeMonitor.
// Invariant: what is counted is the difference to the last look, what is a level is as it was at this one.
// Threads:   [any], an iterator one at a time; also after the end of the runtime.
#pragma once

#include <algorithm>
#include <chrono>
#include <type_traits>
#include <utility>
#include <vector>

#include "tokio/runtime/handle.hpp"
#include "tokio/runtime/metrics.hpp"

namespace tokio::metrics {

// A number of each worker: together, and where it was most and least.
template <class T>
struct over_workers {
  T total{}, max{}, min{};
  friend constexpr bool operator==(const over_workers&, const over_workers&) = default;
};

struct runtime_metrics {
  using duration = std::chrono::nanoseconds;
  duration elapsed{};  // since the last look

  // Of the interval.
  over_workers<duration> busy_duration;
  over_workers<std::uint64_t> park_count, noop_count, steal_count, steal_operations, local_schedule_count,
      overflow_count, polls_count;
  std::uint64_t num_remote_schedules = 0, budget_forced_yield_count = 0, io_driver_ready_count = 0;
  std::vector<std::uint64_t> poll_time_histogram;  // a count for each bucket; empty: polls are not timed

  // As it is now.
  std::size_t workers_count = 0, live_tasks_count = 0, global_queue_depth = 0;
  over_workers<std::size_t> local_queue_depth;
  std::size_t blocking_queue_depth = 0, blocking_threads_count = 0, idle_blocking_threads_count = 0;
  duration mean_poll_duration{}, mean_poll_duration_worker_min{}, mean_poll_duration_worker_max{};

  // Polls for each sleep that had work behind it; 0 without one.
  double mean_polls_per_park() const noexcept {
    if (park_count.total <= noop_count.total) return 0;
    return static_cast<double>(polls_count.total) / static_cast<double>(park_count.total - noop_count.total);
  }
  // Of all workers together: two that never rest make 2. 0 when no time has passed.
  double busy_ratio() const noexcept {
    if (elapsed <= duration::zero()) return 0;
    return static_cast<double>(busy_duration.total.count()) / static_cast<double>(elapsed.count());
  }
};

class runtime_monitor {
 public:
  explicit runtime_monitor(const runtime::handle& of) : of_(of.metrics()) {}
  explicit runtime_monitor(runtime::metrics of) noexcept : of_(std::move(of)) {}

  class intervals_iterator {
   public:
    explicit intervals_iterator(runtime::metrics of) : of_(std::move(of)), before_(look(of_)) {}

    // The first is since intervals().
    runtime_metrics next() {
      look_at now = look(of_);
      runtime_metrics since = levels(of_);
      since.elapsed = now.at - before_.at;
      since.num_remote_schedules = now.remote_schedules - before_.remote_schedules;
      since.budget_forced_yield_count = now.forced_yields - before_.forced_yields;
      since.io_driver_ready_count = now.io_ready - before_.io_ready;
      for (const counted& one : counts) {
        const auto changed =
            spread(now, [&](std::size_t w) { return difference(now.workers[w], before_of(w), one.of); });
        since.*one.to = changed;
      }
      since.busy_duration = spread(now, [&](std::size_t w) { return now.workers[w].busy - before_of(w).busy; });
      since.poll_time_histogram = now.polls_by_time;
      for (std::size_t i = 0; i < before_.polls_by_time.size(); ++i)
        since.poll_time_histogram[i] -= before_.polls_by_time[i];
      before_ = std::move(now);
      return since;
    }

   private:
    using duration = runtime_metrics::duration;
    struct worker {
      duration busy{};
      std::uint64_t parks = 0, noops = 0, stolen = 0, steals = 0, local_schedules = 0, overflows = 0, polls = 0;
    };
    struct look_at {
      std::chrono::steady_clock::time_point at;
      std::uint64_t remote_schedules = 0, forced_yields = 0, io_ready = 0;
      std::vector<worker> workers;
      std::vector<std::uint64_t> polls_by_time;
    };
    using count = std::uint64_t worker::*;
    template <class Number>
    using of_number = std::invoke_result_t<Number&, std::size_t>;
    struct counted {
      count of;
      over_workers<std::uint64_t> runtime_metrics::* to;
    };
    static constexpr counted counts[] = {
        {&worker::parks, &runtime_metrics::park_count},
        {&worker::noops, &runtime_metrics::noop_count},
        {&worker::stolen, &runtime_metrics::steal_count},
        {&worker::steals, &runtime_metrics::steal_operations},
        {&worker::local_schedules, &runtime_metrics::local_schedule_count},
        {&worker::overflows, &runtime_metrics::overflow_count},
        {&worker::polls, &runtime_metrics::polls_count},
    };

    static look_at look(const runtime::metrics& of) {
      look_at seen{std::chrono::steady_clock::now(),
                   of.remote_schedule_count(),
                   of.budget_forced_yield_count(),
                   of.io_driver_ready_count(),
                   {},
                   std::vector<std::uint64_t>(of.poll_time_histogram_num_buckets())};
      for (std::size_t w = 0; w < of.num_known_workers(); ++w) {
        seen.workers.push_back({of.worker_total_busy_duration(w), of.worker_park_count(w), of.worker_noop_count(w),
                                of.worker_steal_count(w), of.worker_steal_operations(w),
                                of.worker_local_schedule_count(w), of.worker_overflow_count(w),
                                of.worker_poll_count(w)});
        for (std::size_t i = 0; i < seen.polls_by_time.size(); ++i)
          seen.polls_by_time[i] += of.poll_time_histogram_bucket_count(w, i);
      }
      return seen;
    }
    static runtime_metrics levels(const runtime::metrics& of) {
      runtime_metrics now;
      now.workers_count = of.num_workers();
      now.live_tasks_count = of.num_alive_tasks();
      now.global_queue_depth = of.global_queue_depth();
      now.blocking_queue_depth = of.blocking_queue_depth();
      now.blocking_threads_count = of.num_blocking_threads();
      now.idle_blocking_threads_count = of.num_idle_blocking_threads();
      now.local_queue_depth = gather(now.workers_count, [&](std::size_t w) { return of.worker_local_queue_depth(w); });
      const auto means = gather(now.workers_count, [&](std::size_t w) { return of.worker_mean_poll_time(w); });
      now.mean_poll_duration = means.total / static_cast<duration::rep>(std::max<std::size_t>(now.workers_count, 1));
      now.mean_poll_duration_worker_min = means.min;
      now.mean_poll_duration_worker_max = means.max;
      return now;
    }

    static std::uint64_t difference(const worker& now, const worker& before, count of) noexcept {
      return now.*of - before.*of;
    }
    template <class Number>
    static over_workers<of_number<Number>> gather(std::size_t workers, Number number) {
      over_workers<of_number<Number>> all;
      for (std::size_t w = 0; w < workers; ++w) {
        const auto one = number(w);
        all.total += one;
        all.max = w == 0 ? one : std::max(all.max, one);
        all.min = w == 0 ? one : std::min(all.min, one);
      }
      return all;
    }
    template <class Number>
    static over_workers<of_number<Number>> spread(const look_at& now, Number number) {
      return gather(now.workers.size(), std::move(number));
    }
    worker before_of(std::size_t w) const noexcept {
      return w < before_.workers.size() ? before_.workers[w] : worker{};
    }

    runtime::metrics of_;
    look_at before_;
  };
  intervals_iterator intervals() const { return intervals_iterator(of_); }

 private:
  runtime::metrics of_;
};

}  // namespace tokio::metrics
