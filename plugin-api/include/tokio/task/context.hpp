// What a poll is given: the waker of the task, its cooperative budget, and the clock as the worker last read it.
// Invariant: valid only during the poll it was made for.
// Threads: [task].
#pragma once

#include "tokio/task/waker.hpp"

namespace tokio {

class context {
 public:
  explicit context(tokio_cx* raw) noexcept : raw_(raw) {}
  context(const context&) = delete;
  context& operator=(const context&) = delete;

  tokio_cx* raw() const noexcept { return raw_; }  // for poll_* functions of the host
  tokio::waker waker() const noexcept { return tokio::waker(raw_->waker); }
  tokio_plugin* instance() const noexcept { return raw_->plugin; }
  std::uint64_t now_ns() const noexcept { return raw_->now_ns; }
  // Abort was requested (seen only by graceful tasks).
  bool cancelled() const noexcept { return (raw_->flags & TOKIO_CX_CANCELLED) != 0; }

  // Spends one unit of budget. False: return pending now; the task is polled again after others had their turn.
  // A leaf that then finds itself pending calls restore(). Poll functions of the host do both themselves.
  [[nodiscard]] bool proceed() noexcept { return tokio_coop(raw_) != 0; }
  void restore() noexcept { tokio_coop_restore(raw_); }
  bool has_budget() const noexcept { return *raw_->budget > 0 || (raw_->flags & TOKIO_CX_UNBUDGETED) != 0; }
  // Gives the turn away: whoever polls the task asks the host to poll it again, after what is queued and after the
  // drivers were polled (TOKIO_POLL_YIELD).
  void yield() noexcept { yielded_ = true; }
  bool yielded() const noexcept { return yielded_; }

 private:
  tokio_cx* raw_;
  bool yielded_ = false;
};

}  // namespace tokio
