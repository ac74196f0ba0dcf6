// `task<T>`: a lazy coroutine, move-only, awaited once. It runs only while something polls it: a coroutine that awaits
// it (then both share one root and control passes directly), a spawned task, or a combinator.
// Dropping a task that waits loses what it has in its frame, whatever it waits for: it is cancel safe only when that is
// nothing, as with one whose only co_await is its last step.
// Invariant: destroying a task destroys its frame, and with it everything it was waiting for. A destructor in it that
//            throws ends nothing else: whoever awaits a coroutine that is done catches it; otherwise it is reported.
// Threads: one at a time; may move between threads while it is suspended.
#pragma once

#include <coroutine>
#include <utility>

#include "tokio/core/memory.hpp"
#include "tokio/core/slot.hpp"
#include "tokio/task/awaitable.hpp"

namespace tokio {

template <class T = void>
class task;
template <class T>
class task_awaiter;

// `co_await trace_here`: an await_place that nothing waits at; see task/trace.hpp.
struct trace_here_t {};
inline constexpr trace_here_t trace_here{};
class trace_awaiter {
 public:
  explicit trace_awaiter(const await_place& here) noexcept : here_(here) {}
  static constexpr bool await_ready() noexcept { return true; }
  static constexpr void await_suspend(std::coroutine_handle<>) noexcept {}
  await_place await_resume() const noexcept { return here_; }

 private:
  await_place here_;
};

// What every coroutine of the SDK can await.
class promise_base {
 public:
  trace_awaiter await_transform(trace_here_t, call_site at = call_site::current()) noexcept {
    return trace_awaiter(await_place{at, own.awaited_by()});
  }
  template <class T>
  task_awaiter<T> await_transform(task<T>&& child, call_site at = call_site::current());
  template <class F>
  [[gnu::always_inline]] auto await_transform(F&& future, call_site at = call_site::current()) {
    static_assert(pollable<F>,
                  "this cannot be awaited: co_await takes a task, or a type with `output` and `poll(context&)`.");
    if constexpr (pollable<F>)
      return leaf_awaiter<std::remove_reference_t<F>>(future, line->cx(), await_place{at, own.awaited_by()});
    else
      return std::suspend_never{};
  }

  template <class T>
  std::suspend_never yield_value(T&&) noexcept {
    static_assert(!std::is_same_v<T, T>,
                  "co_yield: a task gives one value, with co_return; who gives many sends them.");
    return {};
  }

  // The coroutine is the outermost of its line from here on.
  void lead() noexcept { line = &own; }
  bool leads() const noexcept { return line == &own; }

  root* line = nullptr;  // the root of the poll that this coroutine takes part in
  root own;              // that root, where nothing awaits the coroutine directly; else it says what does
};

template <class T>
class task_promise_base : public promise_base, public frame_memory {
 public:
  struct final_awaiter {
    bool await_ready() const noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> done) const noexcept {
      const auto& promise = done.promise();
      return promise.leads() ? std::noop_coroutine() : promise.own.continuation();
    }
    void await_resume() const noexcept {}
  };
  std::suspend_always initial_suspend() const noexcept { return {}; }
  final_awaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept {
    outcome.set_exception(std::current_exception());
    this->own.note_exception();
  }

  // A poll of this coroutine as the outermost of its line.
  void drive_as_root(std::coroutine_handle<> frame, context& cx) noexcept {
    if (!this->line) {
      this->lead();
      this->own.start(frame);
    }
    this->own.drive(cx);
  }

  slot<T> outcome;
};

template <class T>
class task_promise : public task_promise_base<T> {
  static_assert(std::is_nothrow_destructible_v<T>,
                "task<T>: the destructor of T may throw, and nobody could catch it.");

 public:
  task<T> get_return_object() noexcept;
  template <class U = T>
  void return_value(U&& value) {
    constexpr bool fits = std::constructible_from<T, U&&>;
    static_assert(fits, "co_return gives something else than what the task is of.");
    if constexpr (fits) this->outcome.emplace(std::forward<U>(value));
  }
};

template <>
class task_promise<void> : public task_promise_base<void> {
 public:
  task<void> get_return_object() noexcept;
  void return_void() noexcept { outcome.emplace(); }
};

template <class T>
class [[nodiscard("a task does nothing until it is awaited or spawned")]] task {
  static_assert(!std::is_reference_v<T>, "task<T&> is not offered: return a pointer.");

 public:
  using promise_type = task_promise<T>;
  using output = T;

  task(task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  task& operator=(task&& other) noexcept {
    if (this != &other) {
      reset();
      frame_ = std::exchange(other.frame_, nullptr);
    }
    return *this;
  }
  ~task() { reset(); }

  // Polls as a root of its own (spawned, or a branch of select and join). Panics once it was ready.
  tokio::poll<T> poll(context& cx) {
    live().drive_as_root(frame_, cx);
    if (!frame_.done()) return pending;
    return finish(task(std::exchange(frame_, nullptr)));
  }

  // For spawn: the bare frame, owned by whoever has it.
  void* into_frame() noexcept {
    auto frame = std::exchange(frame_, nullptr);
    return frame ? frame.address() : nullptr;
  }
  static task from_frame(void* frame) noexcept {
    return task(std::coroutine_handle<promise_type>::from_address(frame));
  }
  // Destroys the frame, and throws what a destructor in it threw.
  void drop() {
    if (!frame_) return;
    auto frame = std::exchange(frame_, nullptr);
    auto& promise = frame.promise();
    bool stays = false;
    promise.own.watch_destruction(stays);
    promise.lead();   // so that an exception leads it nowhere
    frame.destroy();  // a parameter's destructor throws out of here, and the frame is gone
    if (!stays) return;
    auto thrown = promise.outcome.take_exception();
    frame.destroy();
    std::rethrow_exception(std::move(thrown));
  }
  bool started() const noexcept { return frame_ && frame_.promise().line; }
  // The innermost co_await that it waits at; nullptr when it was not polled yet, or shares the root of whoever awaits
  // it.
  const await_place* waits_at() const noexcept { return frame_ ? frame_.promise().own.waits_at() : nullptr; }
  void walk(walker& to) const noexcept { to.line(waits_at()); }

 private:
  friend promise_type;
  friend class task_awaiter<T>;
  explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

  promise_type& live(const call_site& at = {}) const {
    if (!frame_) panic("a task was polled after it was ready, or after it was moved from", at);
    return frame_.promise();
  }
  // The frame, and with it the coroutine's parameters, is gone before the value is seen.
  static tokio::poll<T> finish(task done) {
    auto& outcome = done.frame_.promise().outcome;
    if constexpr (std::is_void_v<T>) {
      outcome.take();
      done.drop_ended();
      return ready();
    } else {
      tokio::poll<T> value = outcome.take();
      done.drop_ended();
      return value;
    }
  }
  // The same of a coroutine that is done: it holds nothing but its parameters.
  void drop_ended() { std::exchange(frame_, nullptr).destroy(); }
  void reset() noexcept {
    try {
      drop();
    } catch (...) {
      if (this_thread.instance) report_panic(this_thread.instance, this_thread.cx);
    }
  }

  std::coroutine_handle<promise_type> frame_;
};

template <class T>
constexpr bool is_task = false;
template <class T>
constexpr bool is_task<task<T>> = true;

// Whether a future has drop(): it destroys what waits in it, and throws what a destructor in it threw, which the
// destructor of a task cannot.
template <class F>
constexpr bool drops_aloud = false;
template <class T>
constexpr bool drops_aloud<task<T>> = true;

// co_await of a task: the child joins the awaiting coroutine's root and control passes to it directly. A task that was
// already polled as a root of its own stays one, and is waited for like a leaf.
template <class T>
class task_awaiter : await_place {
 public:
  task_awaiter(task<T>&& child, const await_place& here) : await_place(here), child_(std::move(child)) {
    (void)child_.live(here.at);
  }

  bool await_ready() const noexcept { return false; }
  template <class P>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<P> awaiting) noexcept {
    root& line = *awaiting.promise().line;
    auto& promise = child_.frame_.promise();
    if (promise.line) [[unlikely]]
      return step(static_cast<await_place*>(this), line.cx()) ? awaiting : wait_for_line(line, awaiting);
    promise.line = &line;
    promise.own.join(this, awaiting);
    return child_.frame_;
  }
  T await_resume() {
    auto child = std::move(child_);  // its frame is gone when the value is seen
    auto& outcome = child.frame_.promise().outcome;
    if constexpr (std::is_void_v<T>) {
      outcome.take();
      child.drop_ended();
    } else {
      T value = outcome.take();
      child.drop_ended();
      return value;
    }
  }

 private:
  static bool step(void* self, context& cx) noexcept {
    auto frame = static_cast<task_awaiter&>(*static_cast<await_place*>(self)).child_.frame_;
    frame.promise().own.drive(cx);
    return frame.done();
  }
  std::coroutine_handle<> wait_for_line(root& line, std::coroutine_handle<> awaiting) noexcept {
    line.park(awaiting, static_cast<await_place*>(this), &step);
    return std::noop_coroutine();
  }

  task<T> child_;
};

template <class T>
task_awaiter<T> promise_base::await_transform(task<T>&& child, call_site at) {
  return task_awaiter<T>(std::move(child), await_place{at, own.awaited_by()});
}
template <class T>
task<T> task_promise<T>::get_return_object() noexcept {
  return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}
inline task<void> task_promise<void>::get_return_object() noexcept {
  return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
}

}  // namespace tokio
