// `metrics`: the numbers of a runtime, also after its end. Each call asks the host anew.
// Invariant: a number of a worker or a bucket that does not exist panics.
// Threads:   [any].
#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include "tokio/runtime/reference.hpp"

namespace tokio::runtime {

class metrics {
 public:
  using duration = std::chrono::nanoseconds;
  explicit metrics(reference of) noexcept : of_(std::move(of)) {}

  std::size_t num_workers() const { return all().workers; }
  // How many there have been at a time: what was counted of those that were retired since can still be asked for, by
  // their numbers.
  std::size_t num_known_workers() const { return all().known_workers; }
  std::size_t num_alive_tasks() const { return all().tasks_alive; }
  std::size_t global_queue_depth() const { return all().global_queue; }
  std::size_t num_blocking_threads() const { return all().blocking_threads; }
  std::size_t num_idle_blocking_threads() const { return all().blocking_idle; }
  std::size_t blocking_queue_depth() const { return all().blocking_queue; }
  std::uint64_t spawned_tasks_count() const { return all().tasks_spawned; }
  std::uint64_t remote_schedule_count() const { return all().remote_schedules; }
  std::uint64_t budget_forced_yield_count() const { return all().forced_yields; }
  std::uint64_t io_driver_fd_registered_count() const { return all().fds_registered; }
  std::uint64_t io_driver_fd_deregistered_count() const { return all().fds_deregistered; }
  std::uint64_t io_driver_ready_count() const { return all().io_ready; }

  duration worker_total_busy_duration(std::size_t worker, call_site at = call_site::current()) const {
    return to_duration(of_worker(worker, at).busy_ns);
  }
  std::uint64_t worker_park_count(std::size_t worker, call_site at = call_site::current()) const {
    return of_worker(worker, at).parks;
  }
  // Odd while the worker sleeps.
  std::uint64_t worker_park_unpark_count(std::size_t worker, call_site at = call_site::current()) const {
    return of_worker(worker, at).parks_and_unparks;
  }
  // As gettid() gives it on that thread; of current_thread, the one that was in block_on last.
  std::optional<int> worker_thread_id(std::size_t worker, call_site at = call_site::current()) const {
    const auto id = of_worker(worker, at).thread;
    return id == 0 ? std::nullopt : std::optional<int>(id);
  }
  std::size_t worker_local_queue_depth(std::size_t worker, call_site at = call_site::current()) const {
    return of_worker(worker, at).local_queue;
  }
  std::uint64_t worker_noop_count(std::size_t worker, call_site at = call_site::current()) const {
    return of_worker(worker, at).noops;
  }
  std::uint64_t worker_steal_count(std::size_t worker, call_site at = call_site::current()) const {
    return of_worker(worker, at).stolen;
  }
  std::uint64_t worker_steal_operations(std::size_t worker, call_site at = call_site::current()) const {
    return of_worker(worker, at).steals;
  }
  std::uint64_t worker_poll_count(std::size_t worker, call_site at = call_site::current()) const {
    return of_worker(worker, at).polls;
  }
  std::uint64_t worker_local_schedule_count(std::size_t worker, call_site at = call_site::current()) const {
    return of_worker(worker, at).local_schedules;
  }
  std::uint64_t worker_overflow_count(std::size_t worker, call_site at = call_site::current()) const {
    return of_worker(worker, at).overflows;
  }
  duration worker_mean_poll_time(std::size_t worker, call_site at = call_site::current()) const {
    return to_duration(of_worker(worker, at).mean_poll_ns);
  }

  bool poll_time_histogram_enabled() const { return all().poll_buckets != 0; }
  std::size_t poll_time_histogram_num_buckets() const { return all().poll_buckets; }
  // From, and until: not itself in it.
  std::pair<duration, duration> poll_time_histogram_bucket_range(std::size_t bucket,
                                                                 call_site at = call_site::current()) const {
    return range_of(of_bucket(of_.table(at).poll_bucket, 0, bucket, at));
  }
  std::uint64_t poll_time_histogram_bucket_count(std::size_t worker, std::size_t bucket,
                                                 call_site at = call_site::current()) const {
    return of_bucket(of_.table(at).poll_bucket, worker, bucket, at).count;
  }

  // From runnable to polled.
  bool schedule_latency_histogram_enabled() const { return all().wait_buckets != 0; }
  std::size_t schedule_latency_histogram_num_buckets() const { return all().wait_buckets; }
  std::pair<duration, duration> schedule_latency_histogram_bucket_range(std::size_t bucket,
                                                                        call_site at = call_site::current()) const {
    return range_of(of_bucket(of_.table(at).wait_bucket, 0, bucket, at));
  }
  std::uint64_t schedule_latency_histogram_bucket_count(std::size_t worker, std::size_t bucket,
                                                        call_site at = call_site::current()) const {
    return of_bucket(of_.table(at).wait_bucket, worker, bucket, at).count;
  }

 private:
  static duration to_duration(std::uint64_t ns) noexcept {
    constexpr auto longest = static_cast<std::uint64_t>(duration::max().count());
    return duration(static_cast<duration::rep>(ns < longest ? ns : longest));
  }
  tokio_runtime_numbers all() const {
    tokio_runtime_numbers seen{};
    seen.size = sizeof seen;
    if (of_.table({}).numbers(of_.get(), &seen) < 0) panic("metrics: the host has no memory for an answer");
    return seen;
  }
  tokio_worker_numbers of_worker(std::size_t worker, call_site at) const {
    tokio_worker_numbers seen{};
    seen.size = sizeof seen;
    if (of_.table(at).worker(of_.get(), static_cast<std::uint32_t>(worker), &seen) < 0)
      panic("metrics: this runtime has no worker of that number", at);
    return seen;
  }
  tokio_time_bucket of_bucket(decltype(tokio_runtime_ext::poll_bucket) ask, std::size_t worker, std::size_t bucket,
                              call_site at) const {
    tokio_time_bucket seen{};
    seen.size = sizeof seen;
    if (ask(of_.get(), static_cast<std::uint32_t>(worker), static_cast<std::uint32_t>(bucket), &seen) < 0)
      panic("metrics: there is no such bucket of times, or no worker of that number", at);
    return seen;
  }
  static std::pair<duration, duration> range_of(const tokio_time_bucket& seen) noexcept {
    return {to_duration(seen.from_ns), to_duration(seen.until_ns)};
  }

  reference of_;
};

}  // namespace tokio::runtime
