// `interval(period)`: ticks at fixed instants; what happens after a late one is a policy.
// Invariant: tick() gives the scheduled instant, not the time at which it was seen; dropping a tick() loses nothing.
// Threads: one at a time.
#pragma once

#include <utility>

#include "tokio/task/awaitable.hpp"
#include "tokio/time/timer.hpp"

namespace tokio::time {

enum class missed_tick_behavior {
  burst,  // keep the schedule: missed ticks follow back to back
  delay,  // the next tick is one period after the late one was seen
  skip,   // the next tick is the next one of the original schedule that is not past
};

class interval {
 public:
  // The first tick is due at once. Panics when the period is not greater than zero.
  explicit interval(duration period, call_site at = call_site::current()) : interval(instant::now(at), period, at) {}
  interval(instant start, duration period, call_site at = call_site::current())
      : resource_(tracing::resource_type::interval, at),
        timer_(start, at, tracing::resource_type::tick, resource_.id()),
        period_(period) {
    if (period <= duration::zero()) panic("interval: the period must be greater than zero", at);
    need_timers(at);
  }

  template <class Number>
    requires std::is_arithmetic_v<Number>
  explicit interval(Number) : interval(duration(1)) {
    static_assert(!std::is_arithmetic_v<Number>, "a span of time has a unit: 5ms, or std::chrono::seconds(5).");
  }

  class [[nodiscard]] tick_future {
   public:
    using output = instant;
    explicit tick_future(interval& owner) noexcept : owner_(&owner) {}
    tick_future(tick_future&& other) noexcept : owner_(other.owner_), waits_(std::exchange(other.waits_, false)) {}
    tick_future& operator=(tick_future&&) = delete;
    ~tick_future() {
      if (waits_) owner_->told_.end();
    }
    tokio::poll<instant> poll(context& cx) {
      auto tick = owner_->poll_tick(cx);
      waits_ = tick.is_pending();
      return tick;
    }

   private:
    interval* owner_;
    bool waits_ = false;
  };
  // The scheduled instant of the next tick, once it has come. Cancel safe. Of several that wait the newest is woken.
  tick_future tick() noexcept { return tick_future(*this); }
  tokio::poll<instant> poll_tick(context& cx) {
    told_.begins(resource_);
    const bool due = timer_.poll_elapsed(cx, told_.id());
    told_.polled(resource_, due);
    if (!due) return pending;
    auto scheduled = timer_.deadline();
    timer_.reset(next_after(scheduled, instant::now()));
    return scheduled;
  }

  duration period() const noexcept { return period_; }
  time::missed_tick_behavior missed_tick_behavior() const noexcept { return behavior_; }
  void set_missed_tick_behavior(time::missed_tick_behavior behavior) noexcept { behavior_ = behavior; }

  // The next tick one period from now, now, after a span, or at an instant, whatever was missed.
  void reset(call_site at = call_site::current()) { timer_.reset(instant::now(at) + period_); }
  void reset_immediately(call_site at = call_site::current()) { timer_.reset(instant::now(at)); }
  void reset_after(duration span, call_site at = call_site::current()) { timer_.reset(instant::now(at) + span); }
  void reset_at(instant at) noexcept { timer_.reset(at); }

 private:
  // Later than this, a tick was missed and the policy decides; earlier, the schedule goes on.
  static constexpr duration tolerance = std::chrono::milliseconds(5);

  instant next_after(instant scheduled, instant now) const noexcept {
    if (now <= scheduled + tolerance) return scheduled + period_;
    switch (behavior_) {
      case time::missed_tick_behavior::burst: return scheduled + period_;
      case time::missed_tick_behavior::delay: return now + period_;
      case time::missed_tick_behavior::skip: return now + (period_ - (now - scheduled) % period_);
    }
    return scheduled + period_;
  }

  tracing::resource resource_;  // of which the timer is a part
  timer timer_;
  duration period_;
  time::missed_tick_behavior behavior_ = time::missed_tick_behavior::burst;
  tracing::operation told_;
};

inline interval interval_at(instant start, duration period, call_site at = call_site::current()) {
  return interval(start, period, at);
}

}  // namespace tokio::time
