// A pause of all workers that somebody asked for. The workers end it by themselves when its time is over, whoever is
// gone by then; what is here says why it is, and tells of its end.
// Invariant: while there is a pause the timer is armed for its end.
// Threads:   [any]; `over` comes on a thread of its own; stop [one thread, once], which waits for that.
#pragma once
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "app/confirm_timer.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "runtime/runtime.hpp"

namespace tokiod::app {

class pausing {
 public:
  explicit pausing(std::function<void()> over) : timer_(std::move(over)) {}

  struct view {
    bool on = false;
    duration_ns left = 0;
    std::string reason;
  };
  // Another call changes for how long it lasts, from now. Fails: as runtime::pause_until(); io_error, draining.
  [[nodiscard]] outcome<void> begin(tokiod::runtime& rt, duration_ns lasts, std::string reason) {
    const std::lock_guard hold(mutex_);
    const instant_ns until = steady_clock().now() + lasts;
    if (auto armed = timer_.arm(until); !armed) return armed;
    auto paused = rt.pause_until(until);
    if (paused)
      reason_ = std::move(reason);
    else
      (void)timer_.arm(never);
    return paused;
  }
  // False: there was none.
  bool end(tokiod::runtime& rt) {
    const std::lock_guard hold(mutex_);
    (void)timer_.arm(never);
    return rt.resume();
  }
  [[nodiscard]] view now(const tokiod::runtime& rt) const {
    const std::lock_guard hold(mutex_);
    const instant_ns until = rt.paused_until(), at = steady_clock().now();
    if (until <= at) return {};
    return {true, until - at, reason_};
  }
  void stop() { timer_.stop(); }

 private:
  mutable std::mutex mutex_;  // guards what follows
  std::string reason_;
  confirm_timer timer_;  // [its own lock]
};

}  // namespace tokiod::app
