// internal to time/: one timer of the host, made when it is first waited for.
// Invariant: no host timer exists before the first pending poll, and it is freed with its owner.
// Threads: one at a time.
#pragma once

#include <utility>

#include "tokio/task/context.hpp"
#include "tokio/time/instant.hpp"

namespace tokio::time {

class timer {
 public:
  explicit timer(instant deadline) noexcept : deadline_(deadline) {}
  timer(timer&& other) noexcept
      : deadline_(other.deadline_), raw_(std::exchange(other.raw_, nullptr)), fired_(other.fired_) {}
  timer& operator=(timer&& other) noexcept {
    if (this != &other) {
      free();
      deadline_ = other.deadline_;
      raw_ = std::exchange(other.raw_, nullptr);
      fired_ = other.fired_;
    }
    return *this;
  }
  ~timer() { free(); }

  instant deadline() const noexcept { return deadline_; }
  bool fired() const noexcept { return fired_; }
  void reset(instant deadline) noexcept {
    deadline_ = deadline;
    fired_ = false;
    if (raw_) host.time->timer_reset(raw_, deadline.ns());
  }
  // Ready at the deadline, never before it. Costs a unit of budget when ready.
  bool poll_elapsed(context& cx) {
    if (!raw_) {
      // The worker's clock may be a poll old, so a deadline it has reached is reached.
      if (deadline_.ns() <= cx.now_ns()) return fired_ = cx.proceed();
      create(cx);
    }
    return fired_ = host.time->timer_poll(raw_, cx.raw()) == 0;
  }

 private:
  void create(context& cx) {
    if (!host.time) panic("timers are not offered by this host (tokio.time/1)");
    if (host.time->timer_new(cx.instance(), deadline_.ns(), 0, &raw_) < 0)
      panic("the host refused a timer: out of memory, over a limit, or stopping");
  }
  void free() noexcept {
    if (raw_) host.time->timer_free(std::exchange(raw_, nullptr));
  }

  instant deadline_;
  tokio_timer* raw_ = nullptr;
  bool fired_ = false;
};

}  // namespace tokio::time
