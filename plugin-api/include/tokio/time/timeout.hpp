// `timeout(span, future)`: what the future gives, or `elapsed` when it takes longer; then the future is destroyed.
// Dropping it drops the future, so it is cancel safe when that one is; by_ref(future) outlives it.
// Invariant: the future is polled first, so one that is ready wins even with a span of zero, and costs no timer.
// Threads: [task].
#pragma once

#include <expected>
#include <optional>

#include "tokio/task/yield.hpp"
#include "tokio/time/timer.hpp"

namespace tokio::time {

// The error of a timeout.
struct elapsed {
  static constexpr std::string_view message() noexcept { return "deadline has elapsed"; }
  operator error() const noexcept { return error(error_kind::timed_out, "deadline has elapsed"); }
  friend constexpr bool operator==(elapsed, elapsed) noexcept { return true; }
};

template <class F>
class [[nodiscard]] timeout {
  static_assert(pollable<F>, "timeout takes a time and a future: timeout(5ms, f()).");

 public:
  using output = std::expected<output_of<F>, elapsed>;
  // The span counts from this call.
  timeout(duration span, F future, call_site at = call_site::current())
      : start_(span, at), future_(std::in_place, std::move(future)) {}
  timeout(instant deadline, F future) noexcept(std::is_nothrow_move_constructible_v<F>)
      : start_(deadline), future_(std::in_place, std::move(future)) {}

  template <class Number>
    requires std::is_arithmetic_v<Number>
  timeout(Number, F future) : timeout(duration(), std::move(future)) {
    static_assert(!std::is_arithmetic_v<Number>, "a span of time has a unit: 5ms, or std::chrono::seconds(5).");
  }

  tokio::poll<output> poll(context& cx) {
    bool had_budget = cx.has_budget();
    auto polled = future_->poll(cx);
    if (polled.is_ready()) return finished(std::move(polled));
    if (!expired(cx, had_budget)) return pending;
    future_.reset();
    return output(std::unexpect, elapsed{});
  }
  F& get() noexcept { return *future_; }
  F into_inner() && { return std::move(*future_); }
  void walk(walker& to) const noexcept
    requires walkable<F>
  {
    if (future_) future_->walk(to);
  }

 private:
  // When the deadline counts from. A ready future costs no look at the clock: inside a poll the worker's own reading is
  // noted, and the clock is read when the future turns out to be pending in the same poll. A timeout that is first
  // polled in a later one counts from that noted reading, early by at most the length of the poll that made it.
  class deadline_source {
   public:
    explicit deadline_source(instant deadline) noexcept : base_(deadline), span_(duration::zero()), exact_(true) {}
    deadline_source(duration span, call_site at)
        : base_(this_thread.cx ? instant::from_ns(this_thread.cx->now_ns) : instant::now(at)),
          span_(span),
          exact_(!this_thread.cx) {}
    instant resolve(context& cx) const {
      bool same_poll = !exact_ && base_.ns() == cx.now_ns();
      return (same_poll ? instant::now() : base_) + span_;
    }

   private:
    instant base_;
    duration span_;
    bool exact_;
  };

  static output finished(tokio::poll<output_of<F>>&& polled) {
    if constexpr (std::is_void_v<output_of<F>>)
      return {};
    else
      return output(std::in_place, std::move(polled).value());
  }
  // A future that used up the budget must not keep its own timeout from firing.
  bool expired(context& cx, bool had_budget) {
    if (!timer_) timer_.emplace(start_.resolve(cx));
    if (!had_budget || cx.has_budget()) return timer_->poll_elapsed(cx);
    coop::unlimited scope(cx);
    return timer_->poll_elapsed(cx);
  }

  deadline_source start_;
  std::optional<timer> timer_;
  std::optional<F> future_;
};
template <class F>
timeout(duration, F) -> timeout<F>;
template <class Rep, class Period, class F>
timeout(std::chrono::duration<Rep, Period>, F) -> timeout<F>;
template <class F>
timeout(instant, F) -> timeout<F>;
template <class Number, class F>
  requires std::is_arithmetic_v<Number>
timeout(Number, F) -> timeout<F>;

template <pollable F>
timeout<F> timeout_at(instant deadline, F future) {
  return timeout<F>(deadline, std::move(future));
}

}  // namespace tokio::time
