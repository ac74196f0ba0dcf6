// internal to task/: what a spawned future looks like inside the host's block of memory, and the two functions that the
// host calls on it. A block is a prefix and, behind it, first the future and then its outcome, a value or an exception;
// a join_handle<T> finds the outcome without knowing the future's type. The frame of a coroutine that is spawned stays
// where it is.
// Invariant: the future is destroyed before the host learns that the task is done; its outcome stays until the join
//            handle is released, or goes at once when there is none.
// Threads: poll and destroy as in tokio/abi/task.h.
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

// Which task this thread works for, for as long as the host is inside its poll. A worker comes from nowhere, so unlike
// thread_scope it has nothing to keep.
class poll_scope {
 public:
  [[nodiscard]] static bool nested() noexcept {
    return this_thread.instance != nullptr || this_thread.local_scopes != nullptr;
  }
  poll_scope(block_prefix& task, tokio_cx* cx) noexcept {
    this_thread.instance = task.instance;
    this_thread.cx = cx;
    this_thread.task.task = cx->waker.task;
    this_thread.task.generation = task.generation = cx->waker.generation;
  }
  ~poll_scope() { this_thread = {}; }
  poll_scope(const poll_scope&) = delete;
  poll_scope& operator=(const poll_scope&) = delete;
};

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

enum class progress : unsigned char { pending, ready, failed };

// The task ended by itself: its outcome takes the place of the future, which is gone.
template <class T>
slot<T>& make_outcome(block_prefix& prefix) noexcept {
  prefix.has_outcome = true;
  return *::new (static_cast<void*>(&outcome_of<T>(prefix))) slot<T>;
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

  static void walk(const block_prefix& prefix, walker& to) noexcept {
    to.future(reinterpret_cast<const layout&>(prefix).future);
  }
  // Ready: the outcome is made. What the future or its destructor throws comes out.
  static progress poll(block_prefix& prefix, context& cx) {
    auto polled = at(prefix).future.poll(cx);
    const bool over = polled.is_ready() || gave_up(prefix);
    if (!over) return progress::pending;
    prefix.has_future = false;
    destroy(prefix);
    if (polled.is_ready()) fill(make_outcome<output>(prefix), std::move(polled));
    return progress::ready;
  }
  // Throws the first that a destructor threw; a second one is reported.
  static void destroy(block_prefix& prefix) {
    auto& future = at(prefix).future;
    if constexpr (drops_aloud<F>) {
      try {
        future.drop();
      } catch (...) {
        destroy_rest(prefix);
        throw;
      }
    }
    future.~F();
  }

 private:
  [[gnu::cold]] static void destroy_rest(block_prefix& prefix) noexcept {
    try {
      at(prefix).future.~F();
    } catch (...) {
      report_panic(prefix.instance, nullptr);
    }
  }
  static void fill(slot<output>& outcome, tokio::poll<output>&& polled) {
    if constexpr (std::is_void_v<output>)
      outcome.emplace();
    else
      outcome.emplace(std::move(polled).value());
  }
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

  [[gnu::always_inline]] static progress poll(block_prefix& prefix, context& cx) {
    auto frame = std::coroutine_handle<task_promise<T>>::from_address(frame_of(prefix));
    auto& promise = frame.promise();
    promise.drive_as_root(frame, cx);
    if (!frame.done()) return progress::pending;
    slot<T> ended(std::move(promise.outcome));
    prefix.has_future = false;
    destroy_ended(frame, ended.has_exception(), prefix, cx);
    auto& outcome = *::new (static_cast<void*>(&outcome_of<T>(prefix))) slot<T>(std::move(ended));
    prefix.has_outcome = true;
    return outcome.has_exception() ? progress::failed : progress::ready;
  }
  static void destroy(block_prefix& prefix) { task<T>::from_frame(frame_of(prefix)).drop(); }
  static void walk(const block_prefix& prefix, walker& to) noexcept {
    void* const frame = frame_of(const_cast<block_prefix&>(prefix));  // only read: a handle knows no const
    to.line(std::coroutine_handle<task_promise<T>>::from_address(frame).promise().own.waits_at());
  }

 private:
  // What a parameter's destructor throws ends the task, unless the coroutine itself has thrown already.
  static void destroy_ended(std::coroutine_handle<> frame, bool failed, block_prefix& prefix, context& cx) {
    try {
      frame.destroy();
    } catch (...) {
      if (!failed) throw;
      report_panic(prefix.instance, cx.raw());
    }
  }
};

template <class Future, task_name Name>
class task_body {
  using output = typename Future::output;
  // A value without a destructor leaves nothing to destroy, and the host need not ask.
  static constexpr std::uint32_t empty_flag =
      std::is_trivially_destructible_v<non_void<output>> ? TOKIO_TF_READY_IS_EMPTY : 0u;

 public:
  static const tokio_task_vt vt;

 private:
  static tokio_poll poll(void* raw, tokio_cx* cx) noexcept {
    if (poll_scope::nested()) [[unlikely]]
      return poll_nested(raw, cx);
    auto& prefix = *static_cast<block_prefix*>(raw);
    poll_scope scope(prefix, cx);
    context now(cx);
    switch (step(prefix, now)) {
      case progress::pending: return now.yielded() ? TOKIO_POLL_YIELD : TOKIO_POLL_PENDING;
      case progress::ready: return TOKIO_POLL_READY;
      case progress::failed: break;
    }
    report_outcome(prefix, cx);
    return TOKIO_POLL_PANIC;
  }
  // Another task's code runs a runtime on this thread.
  [[gnu::cold, gnu::noinline]] static tokio_poll poll_nested(void* raw, tokio_cx* cx) noexcept {
    thread_scope nobody({});
    return poll(raw, cx);
  }
  [[gnu::always_inline]] static progress step(block_prefix& prefix, context& cx) noexcept {
    try {
      return Future::poll(prefix, cx);
    } catch (...) {
      keep_exception(prefix, cx);
      return progress::failed;
    }
  }
  // Called inside a catch block.
  [[gnu::cold, gnu::noinline]] static void keep_exception(block_prefix& prefix, context& cx) noexcept {
    auto thrown = std::current_exception();
    drop_future_guarded(prefix, cx.raw());
    make_outcome<output>(prefix).set_exception(std::move(thrown));
  }
  [[gnu::cold]] static void report_outcome(block_prefix& prefix, tokio_cx* cx) noexcept {
    try {
      std::rethrow_exception(outcome_of<output>(prefix).exception());
    } catch (...) {
      report_panic(prefix.instance, cx);
    }
  }
  static void destroy(void* raw) noexcept {
    auto& prefix = *static_cast<block_prefix*>(raw);
    thread_scope scope({prefix.instance, nullptr, {tokio_body_task(host.core, raw), prefix.generation}, nullptr});
    drop_future_guarded(prefix, nullptr);
    if (!prefix.has_outcome) return;
    try {
      outcome_of<output>(prefix).clear();
    } catch (...) {
      report_panic(prefix.instance, nullptr);
    }
  }
  static void spawned_at(const void* raw, tokio_place* out) noexcept {
    *out = to_place(static_cast<const block_prefix*>(raw)->spawned_at);
  }
  static void walk(const void* raw, const tokio_walk* given) noexcept {
    const auto& prefix = *static_cast<const block_prefix*>(raw);
    walker to(*given);
    if (prefix.has_future) Future::walk(prefix, to);
  }
  static void drop_future_guarded(block_prefix& prefix, tokio_cx* cx) noexcept {
    try {
      if (std::exchange(prefix.has_future, false)) Future::destroy(prefix);
    } catch (...) {
      prefix.cleanup_threw = true;
      report_panic(prefix.instance, cx);
    }
  }
};

template <class Future, task_name Name>
const tokio_task_vt task_body<Future, Name>::vt{sizeof(tokio_task_vt),
                                                Future::flags | empty_flag,
                                                &task_body::poll,
                                                &task_body::destroy,
                                                {Name.text, Name.size},
                                                {},
                                                0,
                                                0,
                                                &task_body::spawned_at,
                                                &task_body::walk};

}  // namespace tokio
