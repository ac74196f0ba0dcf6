// What can be awaited, and how a coroutine waits: `pollable` is the concept, `root` the place where a line of
// coroutines notes which leaf it waits for, `leaf_awaiter` what co_await of a leaf becomes. Invariant: a parked root is
// resumed only after its leaf was polled again and found ready, so a poll of a task costs
//            one leaf call, however deep its coroutines are nested, and a spurious poll costs nothing more.
// Threads: [task].
#pragma once

#include <concepts>
#include <coroutine>
#include <exception>
#include <new>
#include <type_traits>
#include <utility>

#include "tokio/core/poll.hpp"
#include "tokio/task/context.hpp"
#include "tokio/task/walk.hpp"

namespace tokio {

template <class F>
using output_of = typename std::remove_cvref_t<F>::output;

// A type with `using output = T` and `tokio::poll<T> poll(context&)`: started by its first poll and not moved after it,
// destroyed to cancel. poll() is not called again once it was ready.
template <class F>
concept pollable = requires(std::remove_cvref_t<F>& future, context& cx) {
  typename output_of<F>;
  { future.poll(cx) } -> std::same_as<tokio::poll<output_of<F>>>;
};

// One line of coroutines that await each other directly.
class root {
 public:
  using step_fn = bool (*)(void* leaf, context& cx) noexcept;  // true when the leaf is ready

  context& cx() const noexcept { return *cx_; }
  void start(std::coroutine_handle<> first) noexcept { innermost_ = first.address(); }
  // `leaf` is an await_place, for all that give a step of their own.
  void park(std::coroutine_handle<> innermost, void* leaf, step_fn step) noexcept {
    innermost_ = innermost.address();
    leaf_ = leaf;
    step_ = step;
  }
  // The root of a coroutine that takes part in another line is not driven: it says who waits for the coroutine, and
  // what goes on after it.
  void join(await_place* by, std::coroutine_handle<> after) noexcept {
    innermost_ = by;
    leaf_ = after.address();
  }
  // Nobody, where it is driven: asked while the coroutine runs, and innermost_ is null then.
  const await_place* awaited_by() const noexcept { return static_cast<const await_place*>(innermost_); }
  std::coroutine_handle<> continuation() const noexcept { return std::coroutine_handle<>::from_address(leaf_); }
  // The coroutine whose own root this is is being destroyed, and does not use it any more: `thrown` becomes true when a
  // destructor in it throws, because then it stays, at its final suspension.
  void watch_destruction(bool& thrown) noexcept { park(nullptr, &thrown, &destroying); }
  void note_exception() noexcept {
    if (step_ == &destroying) *static_cast<bool*>(leaf_) = true;
  }
  // The innermost co_await of a line that is suspended; nullptr when it was not polled, or runs.
  const await_place* waits_at() const noexcept {
    return step_ && step_ != &destroying ? static_cast<const await_place*>(leaf_) : nullptr;
  }
  // Polls the leaf that is waited for; when it is ready, the innermost coroutine goes on until the next one.
  void drive(context& cx) noexcept {
    cx_ = &cx;
    if (step_) {
      if (!step_(leaf_, cx)) return;
      step_ = nullptr;
    }
    std::coroutine_handle<>::from_address(std::exchange(innermost_, nullptr)).resume();
  }

 private:
  static bool destroying(void*, context&) noexcept { return false; }  // a mark, never called

  context* cx_ = nullptr;
  step_fn step_ = nullptr;
  void* leaf_ = nullptr;
  void* innermost_ = nullptr;  // a coroutine; an await_place after join()
};

// Where an awaiter keeps what its leaf answered: nothing, where that is only whether it is ready.
template <class T>
struct answer_room {
  answer_room() noexcept : is(pending) {}
  ~answer_room() { is.~answer(); }
  using answer = tokio::poll<T>;
  union {
    answer is;
  };
};
template <>
struct answer_room<void> {};

// co_await of a leaf, which is polled for the first time as this is made. Borrows it: a temporary lives in the
// coroutine's frame until the end of the expression.
template <pollable F>
class leaf_awaiter : std::conditional_t<walkable<F>, branching_place, await_place> {
  using place = std::conditional_t<walkable<F>, branching_place, await_place>;
  static constexpr bool quiet = noexcept(std::declval<F&>().poll(std::declval<context&>()));

 public:
  using output = output_of<F>;
  [[gnu::always_inline]] leaf_awaiter(F& leaf, context& cx, const await_place& here) noexcept(quiet)
      : place(place_of(here)), leaf_(&leaf) {
    if (ask(cx)) leaf_ = nullptr;
  }
  leaf_awaiter(const leaf_awaiter&) = delete;
  leaf_awaiter& operator=(const leaf_awaiter&) = delete;
  [[gnu::always_inline]] ~leaf_awaiter() = default;

  bool await_ready() const noexcept { return leaf_ == nullptr; }
  template <class P>
  void await_suspend(std::coroutine_handle<P> awaiting) noexcept {
    awaiting.promise().line->park(awaiting, static_cast<await_place*>(this), &step);
  }
  output await_resume() {
    if constexpr (!quiet)
      if (thrown_) std::rethrow_exception(std::move(thrown_));
    if constexpr (!std::is_void_v<output>) return std::move(answer_.is).value();
  }

 private:
  static place place_of(const await_place& here) noexcept {
    if constexpr (walkable<F>)
      return branching_place(here, [](const branching_place& from, walker& to) noexcept {
        to.future(*static_cast<const leaf_awaiter&>(from).leaf_);
      });
    else
      return here;
  }
  // An exception of a later poll belongs to the coroutine that awaits, so it is carried there.
  static bool step(void* self, context& cx) noexcept {
    auto& awaiter = static_cast<leaf_awaiter&>(*static_cast<await_place*>(self));
    if constexpr (quiet) {
      return awaiter.ask(cx);
    } else {
      try {
        return awaiter.ask(cx);
      } catch (...) {
        awaiter.thrown_ = std::current_exception();
        return true;
      }
    }
  }

  // Whether it is ready.
  bool ask(context& cx) noexcept(quiet) {
    if constexpr (quiet)
      return ask_leaf(cx);
    else
      return ask_aloud(cx);
  }
  // A panic of a future that does not know its caller was made by the line that awaits it.
  [[gnu::always_inline]] bool ask_aloud(context& cx) {
    try {
      return ask_leaf(cx);
    } catch (...) {
      blame_and_rethrow(this->at);
    }
  }
  // The answer is made where it stays: the one before it is pending, so it holds nothing that must be destroyed.
  [[gnu::always_inline]] bool ask_leaf(context& cx) noexcept(quiet) {
    if constexpr (std::is_void_v<output>)
      return leaf_->poll(cx).is_ready();
    else
      return (::new (static_cast<void*>(&answer_.is)) tokio::poll<output>(leaf_->poll(cx)))->is_ready();
  }

  F* leaf_;  // null: it was ready at once
  [[no_unique_address]] answer_room<output> answer_;
  [[no_unique_address]] std::conditional_t<quiet, unit, std::exception_ptr> thrown_{};
};

// By reference: the future is polled where it is and survives a select that it loses.
template <pollable F>
class reference {
 public:
  using output = output_of<F>;
  explicit reference(F& future) noexcept : future_(&future) {}
  tokio::poll<output> poll(context& cx) noexcept(noexcept(future_->poll(cx))) { return future_->poll(cx); }
  void walk(walker& to) const noexcept
    requires walkable<F>
  {
    future_->walk(to);
  }

 private:
  F* future_;
};
template <pollable F>
reference<F> by_ref(F& future) noexcept {
  return reference<F>(future);
}

// A future out of a function `poll<T>(context&)`.
template <class Fn>
class [[nodiscard]] poll_function {
 public:
  using output = typename std::invoke_result_t<Fn&, context&>::value_type;
  explicit poll_function(Fn fn) noexcept(std::is_nothrow_move_constructible_v<Fn>) : fn_(std::move(fn)) {}
  tokio::poll<output> poll(context& cx) noexcept(std::is_nothrow_invocable_v<Fn&, context&>) { return fn_(cx); }

 private:
  Fn fn_;
};
template <class Fn>
poll_function<Fn> poll_fn(Fn fn) noexcept(std::is_nothrow_move_constructible_v<Fn>) {
  return poll_function<Fn>(std::move(fn));
}

}  // namespace tokio
