// A deadline that others may move nearer while somebody waits for it: the second SIGTERM while the first one drains.
// Invariant: it only ever comes nearer.
// Threads:   any.
// No model: one moment that only comes nearer, nothing else is published.
#pragma once
#include <algorithm>
#include <atomic>

#include "base/clock.hpp"
#include "base/os_thread.hpp"
#include "base/policy.hpp"

namespace tokiod::sched {

class moving_deadline {
 public:
  explicit moving_deadline(instant_ns at = never) : at_(at) {}

  // Relaxed: the moment carries no other data.
  [[nodiscard]] instant_ns at() const { return at_.load(relaxed); }
  [[nodiscard]] bool passed() const { return steady_clock().now() >= at(); }
  void bring_nearer(instant_ns moment) {
    instant_ns known = at_.load(relaxed);
    while (moment < known && !at_.compare_exchange_weak(known, moment, relaxed, relaxed)) {
    }
  }

 private:
  std::atomic<instant_ns> at_;  // CLOCK_MONOTONIC
};

// False: it has not ended by then. In slices, because the deadline may come nearer meanwhile.
[[nodiscard]] inline bool join_by(os_thread& who, const moving_deadline& deadline) {
  constexpr duration_ns slice = 5 * millisecond;
  for (;;) {
    const bool last = deadline.passed();
    if (who.join_until(std::min(deadline.at(), steady_clock().now() + slice))) return true;
    if (last) return false;
  }
}

}  // namespace tokiod::sched
