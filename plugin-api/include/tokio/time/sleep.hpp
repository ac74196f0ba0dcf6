// `sleep(span)` and `sleep_until(instant)`: ready once, at the deadline or up to a millisecond after it, never before.
// Cancel safe: one that is dropped takes its timer along, and sleep_until(deadline()) waits for the same instant.
// Both panic where no host is that has timers, and a poll of them throws timer_error when it refuses one.
// Threads: [task].
#pragma once

#include "tokio/task/awaitable.hpp"
#include "tokio/time/timer.hpp"

namespace tokio::time {

class [[nodiscard]] sleep_future {
 public:
  using output = void;
  explicit sleep_future(instant deadline, call_site at = {}) noexcept : timer_(deadline, at) {}

  tokio::poll<void> poll(context& cx) {
    if (timer_.poll_elapsed(cx)) return ready();
    return pending;
  }
  instant deadline() const noexcept { return timer_.deadline(); }
  // The deadline was reached and seen by a poll.
  bool is_elapsed() const noexcept { return timer_.fired(); }
  // Before or after it fired. A deadline in the past fires at the next poll.
  void reset(instant deadline) noexcept { timer_.reset(deadline); }

 private:
  timer timer_;
};

inline sleep_future sleep_until(instant deadline, call_site at = call_site::current()) {
  need_timers(at);
  return sleep_future(deadline, at);
}
// The deadline counts from this call, not from the first poll.
inline sleep_future sleep(duration span, call_site at = call_site::current()) {
  need_timers(at);
  return sleep_future(instant::now(at) + span, at);
}
template <class Number>
  requires std::is_arithmetic_v<Number>
sleep_future sleep(Number) {
  static_assert(!std::is_arithmetic_v<Number>, "a span of time has a unit: 5ms, or std::chrono::seconds(5).");
  return sleep_future(instant());
}

}  // namespace tokio::time
