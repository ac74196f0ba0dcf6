// Taking turns: yield_now, and the cooperative budget (128 units for each poll of a task, shared by all its leaves).
// Threads: [task].
#pragma once

#include "tokio/task/awaitable.hpp"

namespace tokio {

// Pending once; the task is polled again after what is queued and after the drivers were polled. Dropping it gives up
// nothing but the rest of the turn.
class [[nodiscard]] yield_now {
 public:
  using output = void;
  yield_now() noexcept = default;
  tokio::poll<void> poll(context& cx) noexcept {
    if (yielded_) return ready();
    yielded_ = true;
    cx.yield();
    return pending;
  }

 private:
  bool yielded_ = false;
};

namespace coop {

inline bool has_budget_remaining() noexcept {
  auto* cx = this_thread.cx;
  return !cx || *cx->budget > 0 || (cx->flags & TOKIO_CX_UNBUDGETED) != 0;
}

// Spends one unit; gives the turn away only when none is left. Cancel safe.
class [[nodiscard]] consume_budget {
 public:
  using output = void;
  consume_budget() noexcept = default;
  tokio::poll<void> poll(context& cx) noexcept {
    if (!cx.proceed()) return pending;
    return ready();
  }
};

// What a leaf of one's own takes at the start of its poll: a unit that goes back unless progress was made.
//   coop::turn turn(cx); if (!turn) return pending; ... turn.made_progress(); return value;
class [[nodiscard]] turn {
 public:
  explicit turn(context& cx) noexcept : cx_(cx), granted_(cx.proceed()), refund_(granted_) {}
  ~turn() {
    if (refund_) cx_.restore();
  }
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;
  explicit operator bool() const noexcept { return granted_; }
  void made_progress() noexcept { refund_ = false; }

 private:
  context& cx_;
  bool granted_;
  bool refund_;
};

// Charges one unit when `future` is done. Cancel safe when that is.
template <pollable F>
class [[nodiscard]] cooperative {
 public:
  using output = output_of<F>;
  explicit cooperative(F future) noexcept(std::is_nothrow_move_constructible_v<F>) : future_(std::move(future)) {}
  tokio::poll<output> poll(context& cx) {
    turn mine(cx);
    if (!mine) return pending;
    auto polled = future_.poll(cx);
    if (polled.is_ready()) mine.made_progress();
    return polled;
  }

 private:
  F future_;
};

// No budget until the end of the scope; what was left before is there again after it.
class [[nodiscard]] unlimited {
 public:
  explicit unlimited(context& cx) noexcept : budget_(cx.raw()->budget), before_(*budget_) { *budget_ = INT32_MAX; }
  ~unlimited() { *budget_ = before_; }
  unlimited(const unlimited&) = delete;
  unlimited& operator=(const unlimited&) = delete;

 private:
  std::int32_t* budget_;
  std::int32_t before_;
};

// `future` is never made to yield by the budget. Cancel safe when that is.
template <pollable F>
class [[nodiscard]] unconstrained {
 public:
  using output = output_of<F>;
  explicit unconstrained(F future) noexcept(std::is_nothrow_move_constructible_v<F>) : future_(std::move(future)) {}
  tokio::poll<output> poll(context& cx) {
    unlimited scope(cx);
    return future_.poll(cx);
  }

 private:
  F future_;
};

}  // namespace coop

using coop::consume_budget;
using coop::unconstrained;

}  // namespace tokio
