// What one core counts about itself, and what it counts for each owner (a plugin, or the runtime itself).
// Each set of numbers is declared once, as counters to write and as plain values to read and add up.
// Invariant: a block of counters has one writer at a time: the thread that holds the core, or the holder of the lock of
//            a block that serves the threads without one. live = spawned - ended is exact when nothing moves.
// Threads:   add [writer]; read [any]; totals are plain values.
#pragma once
#include <cstdint>

#include "base/cache_line.hpp"
#include "runtime/metrics/counter.hpp"
#include "runtime/metrics/histogram.hpp"

namespace tokiod::metrics {

template <class Number>
struct task_numbers {
  Number spawned{};
  Number completed{};
  Number cancelled{};
  Number panicked{};
  Number freed{};  // slots given back; spawned - freed still hold memory
  Number polls{};
  Number wakes{};  // that made an idle task runnable
  Number yields{};
  Number budget_exhaustions{};
  Number poll_ns{};  // time on workers
};

template <class Set>
concept task_set = requires(Set& set) { set.budget_exhaustions; };

// Calls f with the first number of every set, then with the second of every set, and so on. What ends is listed before
// what begins: totals read while tasks move may count a task as live too long, never as ended before it was spawned.
template <class F, task_set... Set>
void each_number(F f, Set&... sets) {
  f(sets.freed...);
  f(sets.completed...);
  f(sets.cancelled...);
  f(sets.panicked...);
  f(sets.spawned...);
  f(sets.polls...);
  f(sets.wakes...);
  f(sets.yields...);
  f(sets.budget_exhaustions...);
  f(sets.poll_ns...);
}

struct task_totals : task_numbers<std::uint64_t> {
  [[nodiscard]] std::uint64_t ended() const { return completed + cancelled + panicked; }
  // Blocks are read one after the other, so a task that moves between cores may seem to end before it began.
  [[nodiscard]] std::uint64_t live() const { return spawned > ended() ? spawned - ended() : 0; }
  task_totals& operator+=(const task_totals& other);
};

// One core x one owner, on lines of its own, so that nobody else's counting slows it.
struct alignas(cache_line) task_counters : task_numbers<counter> {
  [[nodiscard]] task_totals read() const;
};

template <class Number>
struct worker_numbers {
  Number polls{};
  Number lifo_polls{};  // of them, taken from the LIFO slot
  Number steals{};      // rounds that found something
  Number stolen_tasks{};
  Number steal_misses{};    // rounds that found nothing
  Number overflows{};       // times the ring was full and half of it moved to the injector
  Number injected_taken{};  // tasks taken from injectors
  Number parks{};
  Number park_unparks{};     // one more at each end of a sleep: odd while it sleeps
  Number local_schedules{};  // tasks that became runnable on this core
  Number unparks_sent{};
  Number spurious_unparks{};  // woke up and found nothing
  Number takeovers{};         // times the core was taken from a stuck thread
  Number handed_over{};       // times it was taken from a thread that had said that it blocks
  Number busy_ns{};
  Number parked_ns{};
};

template <class Set>
concept worker_set = requires(Set& set) { set.spurious_unparks; };

template <class F, worker_set... Set>
void each_number(F f, Set&... sets) {
  f(sets.polls...);
  f(sets.lifo_polls...);
  f(sets.steals...);
  f(sets.stolen_tasks...);
  f(sets.steal_misses...);
  f(sets.overflows...);
  f(sets.injected_taken...);
  f(sets.parks...);
  f(sets.park_unparks...);
  f(sets.local_schedules...);
  f(sets.unparks_sent...);
  f(sets.spurious_unparks...);
  f(sets.takeovers...);
  f(sets.handed_over...);
  f(sets.busy_ns...);
  f(sets.parked_ns...);
}

struct worker_totals : worker_numbers<std::uint64_t> {
  worker_totals& operator+=(const worker_totals& other);
};

// One core.
struct alignas(cache_line) worker_counters : worker_numbers<counter> {
  histogram poll_time_ns;         // of sampled polls
  histogram schedule_latency_ns;  // from runnable to polled, of sampled tasks

  [[nodiscard]] worker_totals read() const;
};

}  // namespace tokiod::metrics
