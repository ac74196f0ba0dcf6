// All numbers of the runtime at one moment, as plain values: what control/ shows and what a test compares.
// Gauges are computed by whoever takes the snapshot; the counters come from the blocks of worker_metrics.hpp.
// Threads: plain values, no shared state.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/metrics/worker_metrics.hpp"

namespace tokiod::metrics {

enum class worker_state : std::uint8_t { running, searching, parked, blocking, stuck, paused, retired };

struct worker_snapshot {
  std::uint32_t index = 0;
  worker_state state = worker_state::parked;
  std::uint32_t queued_tasks = 0;  // in its own queue; a hint
  std::uint64_t mean_poll_ns = 0;  // a moving average
  worker_totals totals;
  distribution poll_time_ns;
  distribution schedule_latency_ns;  // from runnable to polled
};

struct owner_snapshot {
  std::uint16_t owner = 0;
  std::string name;
  task_totals tasks;
  std::uint64_t heap_bytes = 0;        // charged
  std::uint64_t heap_limit_bytes = 0;  // UINT64_MAX: none
  std::uint64_t throttled_ns = 0;      // that tasks waited for the CPU quota
  distribution schedule_latency_ns{};  // its resolution is a power of two
};

struct runtime_snapshot {
  std::uint64_t taken_at_ns = 0;
  std::vector<worker_snapshot> workers;
  std::vector<owner_snapshot> owners;
  bool paused = false;                  // no worker takes a task
  std::uint64_t injected_tasks = 0;     // waiting in injectors
  std::uint64_t remote_schedules = 0;   // tasks that became runnable where no worker was
  std::uint64_t idle_backlogs = 0;      // looks of the monitor at work that waited although a worker slept
  std::uint64_t oldest_backlog_ns = 0;  // the longest that such work had waited then
  std::uint64_t timers = 0;             // armed
  std::uint64_t timers_fired = 0;       // since the start
  std::uint64_t timer_late_ns = 0;      // how long the earliest armed one has been due, where a worker is late
  std::uint64_t reactor_turns = 0;      // the same: waits for the kernel
  std::uint64_t sources = 0;            // registered descriptors
  std::uint64_t sources_registered = 0, sources_deregistered = 0;  // since the start
  std::uint64_t ready_events = 0;                                  // that the kernel told of them
  struct {
    bool ring = false;  // the kernel's ring does what it can of it; else they are blocking jobs
    std::uint64_t in_flight = 0, submitted = 0;
  } files;
  std::uint64_t blocking_threads = 0;
  std::uint64_t blocking_idle_threads = 0;
  std::uint64_t blocking_queued_jobs = 0;
  std::uint64_t blocking_jobs = 0;  // begun, since the start
  // Their resolution is a power of two.
  distribution blocking_wait_ns{};   // of jobs that have ended: from the submit to the begin
  distribution blocking_run_ns{};    // and to the end
  distribution timer_lateness_ns{};  // of timers that fired: after their deadline
  distribution events_per_wait{};    // for the kernel that brought any

  [[nodiscard]] worker_totals all_workers() const;
  [[nodiscard]] task_totals all_tasks() const;
};

}  // namespace tokiod::metrics
