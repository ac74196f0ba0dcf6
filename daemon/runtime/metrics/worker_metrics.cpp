#include "runtime/metrics/worker_metrics.hpp"

namespace tokiod::metrics {

task_totals& task_totals::operator+=(const task_totals& other) {
  spawned += other.spawned;
  completed += other.completed;
  cancelled += other.cancelled;
  panicked += other.panicked;
  freed += other.freed;
  polls += other.polls;
  wakes += other.wakes;
  yields += other.yields;
  budget_exhaustions += other.budget_exhaustions;
  poll_ns += other.poll_ns;
  return *this;
}

// What ends is read before what begins: a sum read while tasks move may count a task as live too long, never as ended
// before it was spawned on the same core.
task_totals task_counters::read() const {
  task_totals copy;
  copy.freed = freed.read();
  copy.completed = completed.read();
  copy.cancelled = cancelled.read();
  copy.panicked = panicked.read();
  copy.spawned = spawned.read();
  copy.polls = polls.read();
  copy.wakes = wakes.read();
  copy.yields = yields.read();
  copy.budget_exhaustions = budget_exhaustions.read();
  copy.poll_ns = poll_ns.read();
  return copy;
}

worker_totals& worker_totals::operator+=(const worker_totals& other) {
  polls += other.polls;
  lifo_polls += other.lifo_polls;
  steals += other.steals;
  stolen_tasks += other.stolen_tasks;
  steal_misses += other.steal_misses;
  overflows += other.overflows;
  injected_taken += other.injected_taken;
  parks += other.parks;
  unparks_sent += other.unparks_sent;
  spurious_unparks += other.spurious_unparks;
  takeovers += other.takeovers;
  busy_ns += other.busy_ns;
  parked_ns += other.parked_ns;
  return *this;
}

worker_totals worker_counters::read() const {
  worker_totals copy;
  copy.polls = polls.read();
  copy.lifo_polls = lifo_polls.read();
  copy.steals = steals.read();
  copy.stolen_tasks = stolen_tasks.read();
  copy.steal_misses = steal_misses.read();
  copy.overflows = overflows.read();
  copy.injected_taken = injected_taken.read();
  copy.parks = parks.read();
  copy.unparks_sent = unparks_sent.read();
  copy.spurious_unparks = spurious_unparks.read();
  copy.takeovers = takeovers.read();
  copy.busy_ns = busy_ns.read();
  copy.parked_ns = parked_ns.read();
  return copy;
}

}  // namespace tokiod::metrics
