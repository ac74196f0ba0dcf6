// The one door a task has upward. Two forms of the same words: a concept, so that a worker's own core is called without
// indirection on the hot path, and an abstract class for whoever holds only a task (it is found at the task's slab).
// Invariant: a door takes what it is given: schedule and requeue take over S, free takes over the slot.
// Threads:   scheduler [any]; a core's door [the thread that holds the core].
#pragma once
#include <concepts>

#include "runtime/memory/slab.hpp"
#include "runtime/metrics/worker_metrics.hpp"
#include "runtime/task/header.hpp"

namespace tokiod::task {

template <class Door, class P>
concept door_for = requires(Door& door, basic_header<P>& task) {
  // A spawned or woken task becomes runnable: next on this core if there is one, else through its home shard.
  { door.schedule(task) } noexcept;
  // A task that ran becomes runnable again, behind everything that waits.
  { door.requeue(task) } noexcept;
  // A retired task's slot.
  { door.free(task) } noexcept;
};

// A door that keeps a part for each owner: counters, the free lists, whose it is. It is looked up once for a poll and
// handed on. A model's door does without.
template <class Door, class P>
concept parted_door = door_for<Door, P> && requires(Door& door, basic_header<P>& task) {
  { door.part_of(task).tasks } noexcept -> std::same_as<metrics::task_counters&>;
  { door.part_of(task).user } noexcept -> std::convertible_to<void*>;
  { door.free(task, door.part_of(task)) } noexcept;
  { door.enter(task) } noexcept;  // the part of the task that is polled now: time is charged to it from here on
};

struct no_part {};

// A door whose thread may lose the core while a body's code runs, because that took too long (takeover): what the door
// and the part point to is another thread's then, and the task is settled through its abstract door.
template <class Door>
[[nodiscard]] bool lost(const Door& door) noexcept {
  if constexpr (requires { door.lost(); })
    return door.lost();
  else
    return false;
}

template <class P, class Door>
[[nodiscard]] decltype(auto) part_of(Door& door, basic_header<P>& task) noexcept {
  if constexpr (parted_door<Door, P>)
    return door.part_of(task);
  else
    return no_part{};
}

class scheduler {
 public:
  virtual void schedule(header& task) noexcept = 0;
  virtual void requeue(header& task) noexcept = 0;
  virtual void free(header& task) noexcept = 0;
  // One more of these, for the task's owner.
  virtual void count(header& task, metrics::counter metrics::task_counters::* what) noexcept = 0;
  // The poll that lost its core on this thread is over: the rest of its time is charged.
  virtual void came_back(header& task) noexcept = 0;

 protected:
  ~scheduler() = default;
};
static_assert(door_for<scheduler, real_policy>);

// A task's way home. Valid while the task is live or its slot is held; a stale key must pass wake() or cancel() first.
[[nodiscard]] inline scheduler& scheduler_of(header& task) {
  return *static_cast<scheduler*>(memory::slab_of(&task).door);
}

}  // namespace tokiod::task
