// What a task is held by, and what each holder may do.
//   key          wake and cancel; keeps nothing alive; a stale one does nothing
//   join handle  ask for the result, once; releasing it detaches a running task and destroys a completed body
//   header&      of a task that is queued or running (S): queue it, poll it, settle it
// Invariant: a function that takes over the task (see the outcomes in state.hpp) is the last to touch it.
// Threads:   wake, cancel, release_join [any]; poll_join [the one joiner at a time].
#pragma once
#include "runtime/task/header.hpp"
#include "runtime/task/scheduler.hpp"

namespace tokiod::task {

// The task will be polled after this, once for all wakes that come before that poll. `door` is the caller's core.
template <class P, class Door>
  requires door_for<Door, P>
[[gnu::always_inline]] inline void wake(basic_key<basic_header<P>> waker, Door& door) noexcept {
  if (waker.task->state.wake(waker.generation) == wake_outcome::schedule) door.schedule(*waker.task);
}

// Asks the task to stop; takes effect at a poll edge, on a worker, never here.
template <class P, class Door>
  requires door_for<Door, P>
void cancel(basic_key<basic_header<P>> which, cancel_kind kind, Door& door) noexcept {
  if (which.task->state.cancel(which.generation, kind) == cancel_outcome::schedule) door.schedule(*which.task);
}

// The same for callers without a core: the door is looked up only when the task is known to be live.
inline void wake(key waker) noexcept {
  if (waker.task->state.wake(waker.generation) == wake_outcome::schedule)
    scheduler_of(*waker.task).schedule(*waker.task);
}
inline void cancel(key which, cancel_kind kind) noexcept {
  if (which.task->state.cancel(which.generation, kind) == cancel_outcome::schedule) {
    scheduler_of(*which.task).schedule(*which.task);
  }
}

}  // namespace tokiod::task
