// Runs one poll of a task and settles what follows: idle, again, complete, cancelled.
// Invariant: the caller holds S and gives it away; after run() it must not touch the task.
// Threads:   a thread that holds a core, or that empties queues at shutdown.
#pragma once
#include <concepts>
#include <type_traits>
#include <utility>

#include "runtime/task/join.hpp"

namespace tokiod::task {

namespace impl {

template <class Part>
void count(Part& part, metrics::counter metrics::task_counters::* what) noexcept {
  if constexpr (!std::same_as<std::remove_const_t<Part>, no_part>) (part.tasks.*what).add();
}

inline metrics::counter metrics::task_counters::* counter_of(end_kind how) {
  switch (how) {
    case end_kind::cancelled: return &metrics::task_counters::cancelled;
    case end_kind::panicked: return &metrics::task_counters::panicked;
    case end_kind::completed:
    case end_kind::none: break;
  }
  return &metrics::task_counters::completed;
}

template <class P, class Door, class Part>
void give_back(basic_header<P>& task, Door& door, Part& part) noexcept {
  bury(task);
  if constexpr (parted_door<Door, P>)
    door.free(task, part);
  else
    door.free(task);
}

// The task is over. Its counters are touched first: afterwards it may belong to its join handle.
template <class P, class Door, class Part>
void finish(basic_header<P>& task, end_kind how, Door& door, Part& part) noexcept {
  count(part, counter_of(how));
  task.end.set(how);
  basic_key<basic_header<P>> joiner;
  switch (task.state.finish(task.joiner, joiner)) {
    case finish_outcome::unobserved: return give_back(task, door, part);
    case finish_outcome::published: return;
    case finish_outcome::wake_joiner: return wake(joiner, door);
  }
}

template <class P, class Door, class Part>
void end_cancelled(basic_header<P>& task, Door& door, Part& part) noexcept {
  task.ops->drop(task);
  finish(task, end_kind::cancelled, door, part);
}

template <class P>
[[nodiscard]] bool polls_on(const basic_header<P>& task, begin_outcome begun) {
  return begun == begin_outcome::poll || (begun == begin_outcome::asked && task.kind.graceful);
}

template <class P, class Door, class Part>
void settle_pending(basic_header<P>& task, begin_outcome begun, Door& door, Part& part) noexcept {
  switch (task.state.end_pending(begun)) {
    case pending_outcome::idle: return;
    case pending_outcome::again: return door.requeue(task);
    case pending_outcome::cancelled:
      // Graceful and only asked: it gets the poll in which it is told. Begin decides again, with everything seen by
      // then.
      if (task.kind.graceful) return door.requeue(task);
      return end_cancelled(task, door, part);
  }
}

}  // namespace impl

// Ends a task without another poll: its body is destroyed here. Also how queues are emptied at shutdown.
template <class P, class Door>
  requires door_for<Door, P>
void end_cancelled(basic_header<P>& task, Door& door) noexcept {
  auto&& part = part_of(door, task);
  impl::end_cancelled(task, door, part);
}

template <class P, class Door>
  requires door_for<Door, P>
void run(basic_header<P>& task, context& cx, Door& door) noexcept {
  auto&& part = part_of(door, task);
  const begin_outcome begun = task.state.begin_poll();
  if (!impl::polls_on(task, begun)) [[unlikely]]
    return impl::end_cancelled(task, door, part);
  cx.cancelled = begun != begin_outcome::poll;
  if constexpr (parted_door<Door, P>) cx.user = part.user;
  impl::count(part, &metrics::task_counters::polls);
  switch (task.ops->poll(task, cx)) {
    case poll_result::ready: return impl::finish(task, end_kind::completed, door, part);
    case poll_result::pending: return impl::settle_pending(task, begun, door, part);
    case poll_result::yielded:
      impl::count(part, &metrics::task_counters::yields);
      return door.requeue(task);  // S stays; a cancel that came meanwhile is seen by the next begin_poll()
    case poll_result::panicked:
      impl::keep_message(task, std::exchange(cx.panic_message, {}));
      return impl::finish(task, end_kind::panicked, door, part);
  }
}

}  // namespace tokiod::task
