// internal to task/: what a spawned future looks like inside the host's block of memory, and the two functions that the
// host calls on it. The slot comes first, so that a join_handle<T> finds it without knowing the future's type.
// Invariant: the future is destroyed before the host learns that the task is done; a value stays until the join handle
//            is released; an exception is destroyed by whoever comes second, the failing poll or the last handle.
// Threads: poll and destroy as in tokio/abi/task.h; fate is the only word that a handle may touch meanwhile.
#pragma once

#include <atomic>
#include <new>

#include "tokio/core/slot.hpp"
#include "tokio/task/awaitable.hpp"

namespace tokio {

// Who still cares about an exception. Not a lock: one exchange by each side decides.
enum class task_fate : std::uint32_t { running, detached, panicked };

template <class T>
struct task_slot {
  explicit task_slot(tokio_plugin* owner) noexcept : instance(owner) {}

  tokio_plugin* instance;
  std::uint64_t generation = 0;  // of the task, known from its first poll on
  std::atomic<task_fate> fate{task_fate::running};
  slot<T> outcome;  // empty when COMPLETED: the future reported itself cancelled
};

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
  std::string_view message = "an exception of a type that is not derived from std::exception";
  try {
    throw;
  } catch (const std::exception& thrown) {
    host.core->panic(instance, cx, to_str(thrown.what()), tokio_str{});
  } catch (const char* text) {
    host.core->panic(instance, cx, to_str(text), tokio_str{});
  } catch (...) {
    host.core->panic(instance, cx, to_str(message), tokio_str{});
  }
}

template <class F>
constexpr std::uint32_t task_flags_of() {
  if constexpr (requires { F::task_flags; })
    return F::task_flags;
  else
    return 0;
}

template <class F, task_name Name>
class task_body : public task_slot<output_of<F>> {
 public:
  using output = output_of<F>;

  template <class... Args>
  explicit task_body(tokio_plugin* instance, Args&&... args) : task_slot<output>(instance) {
    ::new (static_cast<void*>(&future_)) F(std::forward<Args>(args)...);
  }
  ~task_body() {}

  static const tokio_task_vt vt;

 private:
  static tokio_poll poll(void* raw, tokio_cx* cx) noexcept {
    auto& body = *static_cast<task_body*>(raw);
    task_scope scope(body.instance, cx, cx->waker);
    body.generation = cx->waker.generation;
    context now(cx);
    try {
      auto polled = body.future_.poll(now);
      if (polled.is_pending() && !body.gave_up()) return now.yielded() ? TOKIO_POLL_YIELD : TOKIO_POLL_PENDING;
      body.finish(std::move(polled));
      return TOKIO_POLL_READY;
    } catch (...) {
      return body.fail(cx);
    }
  }

  // The future says that it will never be ready: the task ends as cancelled, with an empty outcome.
  bool gave_up() const noexcept {
    if constexpr (requires { future_.reported_cancelled(); })
      return future_.reported_cancelled();
    else
      return false;
  }
  void finish(tokio::poll<output>&& polled) {
    if (polled.is_ready()) {
      if constexpr (std::is_void_v<output>)
        this->outcome.emplace();
      else
        this->outcome.emplace(std::move(polled).value());
    }
    drop_future();
  }

  // Inside a catch block.
  tokio_poll fail(tokio_cx* cx) noexcept {
    auto thrown = std::current_exception();
    report_panic(this->instance, cx);
    drop_future_guarded(cx);
    this->outcome.set_exception(std::move(thrown));
    // acq_rel: publishes the exception to the handle that finds `panicked`, or sees that no handle is left.
    if (this->fate.exchange(task_fate::panicked, std::memory_order_acq_rel) == task_fate::detached)
      this->outcome.clear();
    return TOKIO_POLL_PANIC;
  }

  static void destroy(void* raw) noexcept {
    auto& body = *static_cast<task_body*>(raw);
    task_scope scope(body.instance, nullptr, tokio_waker{tokio_body_task(host.core, raw), body.generation});
    body.drop_future_guarded(nullptr);
    try {
      if (body.outcome.has_value()) body.outcome.clear();
    } catch (...) {
      report_panic(body.instance, nullptr);
    }
  }

  void drop_future() {
    if (std::exchange(live_, false)) future_.~F();
  }
  void drop_future_guarded(tokio_cx* cx) noexcept {
    try {
      drop_future();
    } catch (...) {
      report_panic(this->instance, cx);
    }
  }

  bool live_ = true;
  union {
    F future_;
  };
};

template <class F, task_name Name>
const tokio_task_vt task_body<F, Name>::vt{
    sizeof(tokio_task_vt), task_flags_of<F>(), &task_body::poll, &task_body::destroy, {Name.text, Name.size}, {}, 0, 0};

}  // namespace tokio
