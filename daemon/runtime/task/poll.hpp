// Runs one poll of a task and settles what follows: idle, again, complete, cancelled.
// Invariant: the caller holds S and gives it away; after run() it must not touch the task. What most polls pass through
//            is inlined into the worker's loop; the rest is out of line, so that it costs nothing.
// Threads:   a thread that holds a core, or that empties queues at shutdown.
#pragma once
#include <utility>

#include "runtime/task/join.hpp"

namespace tokiod::task {

namespace impl {

template <class P, class Door, class Part>
void count(basic_header<P>& task, metrics::counter metrics::task_counters::* what, Door& door, Part& part) noexcept {
  if constexpr (parted_door<Door, P>)
    (part.tasks.*what).add();
  else if constexpr (requires { door.count(task, what); })
    door.count(task, what);
}

// After a merged wake, so that what most polls pass through pays nothing for it.
template <class P, class Door, class Part>
void tell_wait(basic_header<P>& task, Door& door, Part& part) noexcept {
  if constexpr (requires { door.waited(task.stamped.get(), part); }) {
    const std::uint32_t since = task.stamped.get();
    if (since == 0) return;
    task.stamped.set(0);
    door.waited(since, part);
  }
}

template <class P, class Door>
[[nodiscard]] decltype(auto) enter(Door& door, basic_header<P>& task) noexcept {
  if constexpr (parted_door<Door, P>)
    return door.enter(task);
  else
    return no_part{};
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
  if constexpr (parted_door<Door, P>) {
    if (lost(door)) [[unlikely]]
      return scheduler_of(task).free(task);
    door.free(task, part);
  } else {
    door.free(task);
  }
}

// What most tasks end with: ready, and nothing left of the body. Of nobody who waits for it no code runs, so the core
// is still ours. True: that was it.
template <class P, class Door, class Part>
[[nodiscard, gnu::always_inline]] inline bool finish_unobserved(basic_header<P>& task, Door& door,
                                                                Part& part) noexcept {
  if (!task.kind.empty_when_ready || basic_state<P>::has_join_handle(task.state.load())) return false;
  count(task, &metrics::task_counters::completed, door, part);
  task.state.retire();
  if constexpr (parted_door<Door, P>)
    door.free(task, part);
  else
    door.free(task);
  return true;
}

// The task is over. Its counters are touched first: afterwards it may belong to its join handle.
template <class P, class Door, class Part>
void finish(basic_header<P>& task, end_kind how, Door& door, Part& part) noexcept {
  count(task, counter_of(how), door, part);
  task.end.set(how);
  basic_key<basic_header<P>> joiner;
  switch (task.state.finish(task.joiner, joiner)) {
    case finish_outcome::unobserved: return give_back(task, door, part);
    case finish_outcome::published: return;
    case finish_outcome::wake_joiner: return wake(joiner, door);
  }
}

template <class P, class Door, class Part>
[[gnu::noinline]] void end_cancelled(basic_header<P>& task, Door& door, Part& part) noexcept {
  task.ops->drop(task);
  if constexpr (parted_door<Door, P>)
    if (lost(door)) [[unlikely]] {
      no_part none;
      return finish(task, end_kind::cancelled, scheduler_of(task), none);
    }
  finish(task, end_kind::cancelled, door, part);
}

template <class P>
[[nodiscard]] bool polls_on(const basic_header<P>& task, begin_outcome begun) {
  return begun == begin_outcome::asked && task.kind.graceful;
}

template <class P, class Door, class Part>
[[gnu::cold, gnu::noinline]] void settle_cancelled(basic_header<P>& task, Door& door, Part& part) noexcept {
  // Graceful and only asked: it gets the poll in which it is told. Begin decides again, with everything seen by then.
  if (task.kind.graceful) return door.requeue(task);
  end_cancelled(task, door, part);
}

template <class P, class Door, class Part>
[[gnu::cold, gnu::noinline]] void settle_panicked(basic_header<P>& task, context& cx, Door& door, Part& part) noexcept {
  keep_message(task, std::exchange(cx.panic_message, {}));
  finish(task, end_kind::panicked, door, part);
}

template <class P, class Door, class Part>
[[gnu::always_inline]] inline bool settle_pending(basic_header<P>& task, begin_outcome begun, Door& door,
                                                  Part& part) noexcept {
  switch (task.state.end_pending(begun)) {
    case pending_outcome::idle: return true;
    case pending_outcome::again: door.requeue(task); return true;
    case pending_outcome::cancelled: break;
  }
  settle_cancelled(task, door, part);
  return !lost(door);
}

// What follows from what a poll said. False: the thread lost the core in a destructor.
template <class P, class Door, class Part>
[[gnu::always_inline]] inline bool settle(basic_header<P>& task, begin_outcome begun, poll_result said, context& cx,
                                          Door& door, Part& part) noexcept {
  if (said == poll_result::pending) return settle_pending(task, begun, door, part);
  if (said == poll_result::yielded) {
    count(task, &metrics::task_counters::yields, door, part);
    door.requeue(task);  // S stays; a cancel that came meanwhile is seen by the next begin_poll()
    return true;
  }
  if (said == poll_result::ready) [[likely]] {
    if (finish_unobserved(task, door, part)) return true;
    finish(task, end_kind::completed, door, part);
  } else
    settle_panicked(task, cx, door, part);
  return !lost(door);
}

// A poll that lost its core.
template <class P>
[[gnu::cold, gnu::noinline]] void settle_without_core(basic_header<P>& task, begin_outcome begun, poll_result said,
                                                      context& cx) noexcept {
  no_part none;
  scheduler_of(task).came_back(task);
  settle(task, begun, said, cx, scheduler_of(task), none);
}

template <class P, class Door, class Part>
[[gnu::always_inline]] inline bool poll_body(basic_header<P>& task, begin_outcome begun, context& cx, Door& door,
                                             Part& part) noexcept {
  cx.cancelled = begun != begin_outcome::poll;
  if constexpr (parted_door<Door, P>) cx.user = part.user;
  count(task, &metrics::task_counters::polls, door, part);
  const poll_result said = task.ops->poll(task, cx);
  if constexpr (parted_door<Door, P>)
    if (lost(door)) [[unlikely]] {
      settle_without_core(task, begun, said, cx);
      return false;
    }
  return settle(task, begun, said, cx, door, part);
}

// Somebody wants the task to end.
template <class P, class Door, class Part>
[[gnu::noinline]] bool run_cancelled(basic_header<P>& task, begin_outcome begun, context& cx, Door& door,
                                     Part& part) noexcept {
  if (polls_on(task, begun)) return poll_body(task, begun, cx, door, part);
  end_cancelled(task, door, part);
  return !lost(door);
}

}  // namespace impl

// Ends a task without another poll: its body is destroyed here. Also how queues are emptied at shutdown.
template <class P, class Door>
  requires door_for<Door, P>
void end_cancelled(basic_header<P>& task, Door& door) noexcept {
  auto&& part = part_of(door, task);
  impl::end_cancelled(task, door, part);
}

// The door of the poll that begins next is told that the task has waited since `when` (not 0; what it counts is the
// door's affair). The mark that begin_poll() sees is a wake that merges. [holder of S, before the task is queued]
template <class P>
void stamp(basic_header<P>& task, std::uint32_t when) noexcept {
  task.stamped.set(when);
  if (task.kind.timed && task.ops->runnable != nullptr) task.ops->runnable(task);
  (void)task.state.wake(task.state.prepared_generation());
}

// False: the thread lost its core meanwhile, and must not touch it. The door may keep the task for later.
template <class P, class Door>
  requires door_for<Door, P>
[[gnu::always_inline]] inline bool run(basic_header<P>& task, context& cx, Door& door) noexcept {
  auto&& part = impl::enter(door, task);
  if constexpr (requires { door.keeps(task, part); })
    if (door.keeps(task, part)) [[unlikely]]
      return true;
  const begin_outcome begun = task.state.begin_poll([&] { impl::tell_wait(task, door, part); });
  if (begun != begin_outcome::poll) [[unlikely]]
    return impl::run_cancelled(task, begun, cx, door, part);
  return impl::poll_body(task, begin_outcome::poll, cx, door, part);
}

}  // namespace tokiod::task
