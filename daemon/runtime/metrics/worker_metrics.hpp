// What one core counts about itself, and what it counts for each owner (a plugin, or the runtime itself).
// Invariant: a block has one writer at a time: the thread that holds the core, or the holder of the lock of a block
//            that serves the threads without one. live = spawned - ended is exact when nothing moves.
// Threads:   add [writer]; read [any].
#pragma once
#include <cstdint>

#include "base/cache_line.hpp"
#include "runtime/metrics/counter.hpp"
#include "runtime/metrics/histogram.hpp"

namespace tokiod::metrics {

// A copy of one owner's numbers; blocks of several cores add up.
struct task_totals {
  std::uint64_t spawned = 0;
  std::uint64_t completed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t panicked = 0;
  std::uint64_t freed = 0;  // slots given back; spawned - freed still hold memory
  std::uint64_t polls = 0;
  std::uint64_t wakes = 0;  // that made an idle task runnable
  std::uint64_t yields = 0;
  std::uint64_t budget_exhaustions = 0;
  std::uint64_t poll_ns = 0;

  [[nodiscard]] std::uint64_t ended() const { return completed + cancelled + panicked; }
  // Blocks are read one after the other, so a task that moves between cores may seem to end before it began.
  [[nodiscard]] std::uint64_t live() const { return spawned > ended() ? spawned - ended() : 0; }
  task_totals& operator+=(const task_totals& other);
};

// One core x one owner. Two lines, written by one core, so that nobody else's counting slows it.
struct alignas(cache_line) task_counters {
  counter spawned;
  counter completed;
  counter cancelled;
  counter panicked;
  counter freed;
  counter polls;
  counter wakes;
  counter yields;
  counter budget_exhaustions;
  counter poll_ns;

  [[nodiscard]] task_totals read() const;
};

struct worker_totals {
  std::uint64_t polls = 0;
  std::uint64_t lifo_polls = 0;  // of them, taken from the LIFO slot
  std::uint64_t steals = 0;      // rounds that found something
  std::uint64_t stolen_tasks = 0;
  std::uint64_t steal_misses = 0;    // rounds that found nothing
  std::uint64_t overflows = 0;       // times the ring was full and half of it moved to the injector
  std::uint64_t injected_taken = 0;  // tasks taken from injectors
  std::uint64_t parks = 0;
  std::uint64_t unparks_sent = 0;
  std::uint64_t spurious_unparks = 0;  // woke up and found nothing
  std::uint64_t takeovers = 0;         // times the core was taken from a stuck thread
  std::uint64_t busy_ns = 0;
  std::uint64_t parked_ns = 0;

  worker_totals& operator+=(const worker_totals& other);
};

// One core.
struct alignas(cache_line) worker_counters {
  counter polls;
  counter lifo_polls;
  counter steals;
  counter stolen_tasks;
  counter steal_misses;
  counter overflows;
  counter injected_taken;
  counter parks;
  counter unparks_sent;
  counter spurious_unparks;
  counter takeovers;
  counter busy_ns;
  counter parked_ns;
  histogram poll_time_ns;         // sampled polls
  histogram schedule_latency_ns;  // sampled: from runnable to polled

  [[nodiscard]] worker_totals read() const;
};

}  // namespace tokiod::metrics
