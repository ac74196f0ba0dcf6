// internal to task/: what a spawned future looks like inside the host's block of memory, and the two functions that the
// host calls on it. A block is a prefix and, behind it, first the future and then its outcome; a join_handle<T> finds
// the outcome without knowing the future's type. The frame of a coroutine that is spawned stays where it is.
// Invariant: the future is destroyed before the host learns that the task is done; a value stays until the join handle
//            is released; an exception is destroyed by whoever comes second, the failing poll or the last handle.
// Threads: poll and destroy as in tokio/abi/task.h; fate is the only word that a handle may touch meanwhile.
#pragma once

#include "tokio/core/slot.hpp"
#include "tokio/task/task.hpp"

namespace tokio {

// What a task is called in task lists: spawn<"accept">(...).
struct task_name {
  template <std::size_t N>
  consteval task_name(const char (&name)[N]) : size(N - 1) {
    static_assert(N <= 48, "a task's name has at most 47 characters");
    for (std::size_t i = 0; i + 1 < N; ++i) text[i] = name[i];
  }
  char text[48]{};
  std::size_t size;
};

// Which task this thread works for, for as long as the host is inside one of its functions.
class task_scope {
 public:
  task_scope(tokio_plugin* instance, tokio_cx* cx, tokio_waker task) noexcept : before_(this_thread) {
    this_thread = thread_state{instance, cx, task, nullptr};
  }
  ~task_scope() { this_thread = before_; }
  task_scope(const task_scope&) = delete;
  task_scope& operator=(const task_scope&) = delete;

 private:
  thread_state before_;
};

// Tells the host what was thrown. Called inside a catch block.
inline void report_panic(tokio_plugin* instance, tokio_cx* cx) noexcept {
  auto report = [&](const char* text) noexcept { host.core->panic(instance, cx, to_str(text), tokio_str{}); };
  try {
    throw;
  } catch (const std::exception& thrown) {
    report(thrown.what());
  } catch (const char* text) {
    report(text);
  } catch (...) {
    report("an exception of a type that is not derived from std::exception");
  }
}

template <class F>
constexpr std::uint32_t task_flags_of() {
  if constexpr (requires { F::task_flags; })
    return F::task_flags;
  else
    return 0;
}

// Where a task's outcome is, in a block whose future is gone.
template <class T>
slot<T>& outcome_of(block_prefix& prefix) noexcept {
  constexpr std::size_t align = alignof(slot<T>);
  constexpr std::size_t offset = (sizeof(block_prefix) + align - 1) / align * align;
  return *std::launder(reinterpret_cast<slot<T>*>(reinterpret_cast<char*>(&prefix) + offset));
}

// A future in a block of its own.
template <class F>
class boxed_future {
 public:
  using output = output_of<F>;
  static constexpr std::uint32_t flags = task_flags_of<F>();

  // What such a block holds behind its prefix.
  struct layout {
    block_prefix prefix;
    union {
      F future;
      slot<output> outcome;
    };
  };
  static layout& at(block_prefix& prefix) noexcept { return reinterpret_cast<layout&>(prefix); }
  static tokio::poll<output> poll(block_prefix& prefix, context& cx) { return at(prefix).future.poll(cx); }
  static void destroy(block_prefix& prefix) { at(prefix).future.~F(); }
  // The future says that it will never be ready: the task ends as cancelled, without an outcome.
  static bool gave_up(block_prefix& prefix) noexcept {
    if constexpr (requires(F& future) { future.reported_cancelled(); })
      return at(prefix).future.reported_cancelled();
    else
      return false;
  }
};

// A coroutine whose frame is the block.
template <class T>
class framed_future {
 public:
  using output = T;
  static constexpr std::uint32_t flags = 0;

  static tokio::poll<output> poll(block_prefix& prefix, context& cx) {
    auto whole = task<T>::from_frame(std::exchange(prefix.frame, nullptr));
    auto polled = whole.poll(cx);  // the frame is gone when this is ready, and when it throws
    prefix.frame = whole.into_frame();
    return polled;
  }
  static void destroy(block_prefix& prefix) {
    if (prefix.frame) std::coroutine_handle<>::from_address(std::exchange(prefix.frame, nullptr)).destroy();
  }
  static bool gave_up(block_prefix&) noexcept { return false; }
};

template <class Future, task_name Name>
class task_body {
  using output = typename Future::output;

 public:
  static const tokio_task_vt vt;

 private:
  static tokio_poll poll(void* raw, tokio_cx* cx) noexcept {
    auto& prefix = *static_cast<block_prefix*>(raw);
    task_scope scope(prefix.instance, cx, cx->waker);
    prefix.generation = cx->waker.generation;
    context now(cx);
    try {
      auto polled = Future::poll(prefix, now);
      if (polled.is_pending() && !Future::gave_up(prefix)) return now.yielded() ? TOKIO_POLL_YIELD : TOKIO_POLL_PENDING;
      drop_future(prefix);
      if (polled.is_ready()) set_outcome(prefix, std::move(polled));
      return TOKIO_POLL_READY;
    } catch (...) {
      return fail(prefix, cx);
    }
  }
  static void destroy(void* raw) noexcept {
    auto& prefix = *static_cast<block_prefix*>(raw);
    task_scope scope(prefix.instance, nullptr, tokio_waker{tokio_body_task(host.core, raw), prefix.generation});
    drop_future_guarded(prefix, nullptr);
    if (!prefix.has_value) return;  // an exception is no longer ours: a join handle may be destroying it now
    try {
      outcome_of<output>(prefix).clear();
    } catch (...) {
      report_panic(prefix.instance, nullptr);
    }
  }

  static void set_outcome(block_prefix& prefix, tokio::poll<output>&& polled) {
    auto& outcome = make_outcome(prefix);
    if constexpr (std::is_void_v<output>)
      outcome.emplace();
    else
      outcome.emplace(std::move(polled).value());
    prefix.has_value = true;
  }
  // Inside a catch block.
  static tokio_poll fail(block_prefix& prefix, tokio_cx* cx) noexcept {
    auto thrown = std::current_exception();
    report_panic(prefix.instance, cx);
    drop_future_guarded(prefix, cx);
    auto& outcome = make_outcome(prefix);
    outcome.set_exception(std::move(thrown));
    // acq_rel: publishes the exception to the handle that finds `panicked`, or sees that no handle is left.
    if (prefix.fate.exchange(task_fate::panicked, std::memory_order_acq_rel) == task_fate::detached) outcome.clear();
    return TOKIO_POLL_PANIC;
  }
  static slot<output>& make_outcome(block_prefix& prefix) noexcept {
    return *::new (static_cast<void*>(&outcome_of<output>(prefix))) slot<output>;
  }
  static void drop_future(block_prefix& prefix) {
    if (std::exchange(prefix.has_future, false)) Future::destroy(prefix);
  }
  static void drop_future_guarded(block_prefix& prefix, tokio_cx* cx) noexcept {
    try {
      drop_future(prefix);
    } catch (...) {
      report_panic(prefix.instance, cx);
    }
  }
};

template <class Future, task_name Name>
const tokio_task_vt task_body<Future, Name>::vt{
    sizeof(tokio_task_vt), Future::flags, &task_body::poll, &task_body::destroy, {Name.text, Name.size}, {}, 0, 0};

}  // namespace tokio
