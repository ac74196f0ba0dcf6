// Where the workers stand while the runtime is paused: no task is polled, no socket and no timer is looked at. Who
// pauses says until when, so that nobody has to come back to end it.
// Invariant: a worker that was told of the pause (order_pause) passes here before its next poll, and its order is taken
//            back here only, under the lock under which it was given: no pause is overheard. Somebody who has another
//            order for a worker calls it away from here.
// Threads:   pass [the thread that holds a core]; everything else [any]. Nothing of a task runs under the lock.
// No model: one mutex; the flag beside it is a hint for who asks before every poll.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "base/clock.hpp"
#include "base/policy.hpp"

namespace tokiod::sched {

class core;

class pause_gate {
 public:
  // Until `until` (CLOCK_MONOTONIC), instead of what was said before. `tell` gives every worker the order.
  template <class Tell>
  void close(instant_ns until, Tell tell) {
    const std::lock_guard hold(mutex_);
    until_ = until;
    shut_.store(true, relaxed);
    tell();
    changed_.notify_all();
  }
  // True: it was closed.
  bool open() {
    const std::lock_guard hold(mutex_);
    const bool was = is_closed();
    until_ = 0;
    changed_.notify_all();
    return was;
  }
  [[nodiscard]] instant_ns closed_until() const {  // 0: open
    const std::lock_guard hold(mutex_);
    return is_closed() ? until_ : 0;
  }
  // Somebody may be called away now.
  void look_again() {
    const std::lock_guard hold(mutex_);
    changed_.notify_all();
  }

  // May be true for a moment after it was opened.
  [[nodiscard]] bool maybe_shut() const { return shut_.load(relaxed); }
  // Waits while it is closed, unless called away. `lie_down` comes before the first wait; `through` when it is open.
  template <class CalledAway, class LieDown, class Through>
  void pass(CalledAway called_away, LieDown lie_down, Through through) {
    std::unique_lock hold(mutex_);
    for (bool waited = false; is_closed() && !called_away(); waited = true) {
      if (!waited) lie_down();
      changed_.wait_until(hold, std::chrono::steady_clock::time_point(std::chrono::nanoseconds(until_)));
    }
    if (is_closed()) return;
    shut_.store(false, relaxed);
    through();
  }

 private:
  [[nodiscard]] bool is_closed() const { return until_ != 0 && steady_clock().now() < until_; }

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  instant_ns until_ = 0;
  std::atomic<bool> shut_{false};
};

// Passes the gate of the core's engine. The core is its own thread's as before, and whoever wants to touch it meanwhile
// may. [the thread that holds it, between two polls]
void stand_at_gate(core& of, const std::function<bool()>& called_away);

}  // namespace tokiod::sched
