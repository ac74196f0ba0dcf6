// The result of a task: who asks for it, and who destroys what is left.
// Invariant: exactly one join handle exists for a task spawned with one, until release_join; it may move between tasks,
//            and the last to call poll_join is the one that is woken.
// Threads:   the holder of the handle.
#pragma once
#include <cstring>
#include <string>
#include <string_view>

#include "base/aside.hpp"
#include "runtime/task/handles.hpp"
#include "runtime/task/header.hpp"
#include "runtime/task/scheduler.hpp"

namespace tokiod::task {

enum class join_poll : std::uint8_t { complete, pending };

namespace impl {
// A task that panicked is in no queue any more: its message takes the place of the link. Written before the completion
// publishes the task to its handle.
template <class P>
void keep_message(basic_header<P>& task, std::string&& message) noexcept {
  auto* kept = message.empty() ? nullptr : new (std::nothrow) std::string(std::move(message));
  task.next.set(reinterpret_cast<basic_header<P>*>(kept));
}
template <class P>
[[nodiscard]] std::string* message_of(basic_header<P>& task) noexcept {
  return reinterpret_cast<std::string*>(task.next.get());
}
template <class P>
void drop_message(basic_header<P>& task) noexcept {
  delete message_of(task);
}
template <class P, class Door>
TOKIOD_ASIDE void ask_again(basic_key<basic_header<P>> waiter, Door& door) noexcept {
  wake(waiter, door);
}
}  // namespace impl

// complete: read end_of() and, for completed and panicked, the body. pending: `waiter`, a task's key, is woken when it
// is worth asking again. Whoever only wants to look asks state.poll_complete().
template <class P, class Door>
  requires door_for<Door, P>
[[nodiscard, gnu::always_inline]] inline join_poll poll_join(basic_header<P>& task, basic_key<basic_header<P>> waiter,
                                                             Door& door) noexcept {
  TOKIOD_DEBUG_ASSERT(waiter);
  switch (task.state.register_join(task.joiner, waiter)) {
    case join_outcome::complete: return join_poll::complete;
    case join_outcome::registered: return join_poll::pending;
    case join_outcome::spent: impl::ask_again(waiter, door); return join_poll::pending;
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
  const std::string* message = impl::message_of(task);
  return message == nullptr ? std::string_view{} : std::string_view{*message};
}

// Destroys what an ended task has left; nobody else may touch it. The slot is then free, one generation later.
template <class P>
void bury(basic_header<P>& task) noexcept {
  switch (task.end.get()) {
    case end_kind::completed:
      if (!task.kind.empty_when_ready) task.ops->drop(task);
      break;
    case end_kind::panicked:
      task.ops->drop(task);
      impl::drop_message(task);
      break;
    case end_kind::cancelled:  // its body went when it was cancelled
    case end_kind::none: break;
  }
  task.state.retire();
}

namespace impl {
template <class P, class Door>
TOKIOD_ASIDE void bury_and_free(basic_header<P>& task, Door& door) noexcept {
  bury(task);
  if constexpr (requires { door.lost(); })
    if (door.lost()) [[unlikely]]  // in a destructor
      return scheduler_of(task).free(task);
  door.free(task);
}
}  // namespace impl

// Lets the task go: a running one goes on alone, an ended one's body is destroyed here and now.
template <class P, class Door>
  requires door_for<Door, P>
[[gnu::always_inline]] inline void release_join(basic_header<P>& task, Door& door) noexcept {
  if (task.state.release_join() == release_outcome::detached) return;
  if (task.end.get() != end_kind::completed || !task.kind.empty_when_ready) return impl::bury_and_free(task, door);
  task.state.retire();  // as bury(), which has nothing to destroy
  door.free(task);
}

}  // namespace tokiod::task
