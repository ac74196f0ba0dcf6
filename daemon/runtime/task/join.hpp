// The result of a task: who asks for it, and who destroys what is left.
// Invariant: exactly one join handle exists for a task spawned with one, until release_join; it may move between tasks,
//            and the last to call poll_join is the one that is woken.
// Threads:   the holder of the handle.
#pragma once
#include <cstring>
#include <string>
#include <string_view>

#include "runtime/task/handles.hpp"
#include "runtime/task/header.hpp"
#include "runtime/task/scheduler.hpp"

namespace tokiod::task {

enum class join_poll : std::uint8_t { complete, pending };

// The body of a task that ended without a result is gone, and its first word holds the message instead.
struct epitaph {
  std::string* panic_message;
};

// complete: read end_of() and, for completed, the body. pending: `waiter`, a task's key, is woken when it is worth
// asking again. Whoever only wants to look asks state.poll_complete().
template <class P, class Door>
  requires door_for<Door, P>
[[nodiscard]] join_poll poll_join(basic_header<P>& task, basic_key<basic_header<P>> waiter, Door& door) noexcept {
  TOKIOD_DEBUG_ASSERT(waiter);
  switch (task.state.register_join(task.joiner, waiter)) {
    case join_outcome::complete: return join_poll::complete;
    case join_outcome::registered: return join_poll::pending;
    case join_outcome::spent: wake(waiter, door); return join_poll::pending;
  }
  return join_poll::pending;
}

// How it ended. Only after poll_join() said complete.
template <class P>
[[nodiscard]] end_kind end_of(const basic_header<P>& task) noexcept {
  return task.end.get();
}

// What a panicked task said; empty for the others. Only after poll_join() said complete; valid until release_join().
[[nodiscard]] inline std::string_view panic_message_of(header& task) noexcept {
  if (end_of(task) != end_kind::panicked) return {};
  const auto* message = static_cast<epitaph*>(body_of(task))->panic_message;
  return message == nullptr ? std::string_view{} : std::string_view{*message};
}

namespace impl {
template <class P>
void keep_message(basic_header<P>& task, std::string&& message) noexcept {
  if constexpr (std::same_as<P, real_policy>) {
    auto* left = static_cast<epitaph*>(body_of(task));
    left->panic_message = message.empty() ? nullptr : new (std::nothrow) std::string(std::move(message));
  }
}
template <class P>
void drop_message(basic_header<P>& task) noexcept {
  if constexpr (std::same_as<P, real_policy>) delete static_cast<epitaph*>(body_of(task))->panic_message;
}
}  // namespace impl

// The slot goes back; the task had ended and nobody else may touch it.
template <class P, class Door>
  requires door_for<Door, P>
void bury(basic_header<P>& task, Door& door) noexcept {
  switch (task.end.get()) {
    case end_kind::completed: task.ops->drop(task); break;
    case end_kind::panicked: impl::drop_message(task); break;
    case end_kind::cancelled:
    case end_kind::none: break;
  }
  task.state.retire();
  door.free(task);
}

// Lets the task go: a running one goes on alone, a completed one's body is destroyed here and now.
template <class P, class Door>
  requires door_for<Door, P>
void release_join(basic_header<P>& task, Door& door) noexcept {
  if (task.state.release_join() == release_outcome::owned) bury(task, door);
}

}  // namespace tokiod::task
