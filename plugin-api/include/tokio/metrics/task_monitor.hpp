// `task_monitor`: how the futures that it instruments spend their time: polled, runnable, or waiting for something.
//   metrics::task_monitor requests;  spawn(requests.instrument(answer(std::move(peer)))).detach();
//   auto changes = requests.intervals();  auto last_minute = changes.next();  last_minute.mean_poll_duration();
// Answers to tokio_metrics::TaskMonitor. A waker names a task here, not a future, so what wakes the task wakes each
// instrumented future in it.
// Invariant: never more dropped futures than instrumented ones. Thresholds, by which polls are slow or fast and waits
//            long or short, do not change. Without the host's `tokio.trace/1` no wait is known, and a future is idle
//            from one poll to the next.
// Threads:   [any]; an instrumented future as the one in it.
// No model: sums that publish nothing else.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "tokio/task/awaitable.hpp"
#include "tokio/time/instant.hpp"

namespace tokio::metrics {

// Counts and times of all futures of a monitor, since its beginning or during an interval.
struct task_metrics {
  using duration = time::duration;
  std::uint64_t instrumented_count = 0, dropped_count = 0;
  std::uint64_t first_poll_count = 0;
  duration total_first_poll_delay{};  // from instrument() to the first poll
  std::uint64_t total_idled_count = 0;
  duration total_idle_duration{}, max_idle_duration{};  // from the end of a poll to the wake that follows
  std::uint64_t total_scheduled_count = 0;
  duration total_scheduled_duration{};  // from a wake to the poll that follows
  std::uint64_t total_poll_count = 0, total_fast_poll_count = 0, total_slow_poll_count = 0;
  duration total_poll_duration{}, total_fast_poll_duration{}, total_slow_poll_duration{};
  std::uint64_t total_short_delay_count = 0, total_long_delay_count = 0;  // of what was scheduled
  duration total_short_delay_duration{}, total_long_delay_duration{};

  // 0 where nothing was counted.
  duration mean_first_poll_delay() const noexcept { return mean(total_first_poll_delay, first_poll_count); }
  duration mean_idle_duration() const noexcept { return mean(total_idle_duration, total_idled_count); }
  duration mean_scheduled_duration() const noexcept { return mean(total_scheduled_duration, total_scheduled_count); }
  duration mean_poll_duration() const noexcept { return mean(total_poll_duration, total_poll_count); }
  duration mean_fast_poll_duration() const noexcept { return mean(total_fast_poll_duration, total_fast_poll_count); }
  duration mean_slow_poll_duration() const noexcept { return mean(total_slow_poll_duration, total_slow_poll_count); }
  duration mean_short_delay_duration() const noexcept {
    return mean(total_short_delay_duration, total_short_delay_count);
  }
  duration mean_long_delay_duration() const noexcept { return mean(total_long_delay_duration, total_long_delay_count); }
  double slow_poll_ratio() const noexcept { return ratio(total_slow_poll_count, total_poll_count); }
  double long_delay_ratio() const noexcept { return ratio(total_long_delay_count, total_scheduled_count); }

 private:
  static duration mean(duration total, std::uint64_t count) noexcept {
    return count == 0 ? duration::zero() : total / static_cast<duration::rep>(count);
  }
  static double ratio(std::uint64_t part, std::uint64_t of) noexcept {
    return of == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(of);
  }
};

// internal: what a monitor and its futures share.
class task_sums {
 public:
  task_sums(time::duration slow_poll, time::duration long_delay) noexcept : slow_poll_(slow_poll), long_(long_delay) {}

  time::duration slow_poll_threshold() const noexcept { return slow_poll_; }
  time::duration long_delay_threshold() const noexcept { return long_; }

  void instrumented() noexcept { add(instrumented_, 1); }
  void dropped() noexcept { add(dropped_, 1); }
  void first_polled(time::duration after) noexcept { first_poll_.add(after); }
  void polled(time::duration lasted) noexcept { (lasted >= slow_poll_ ? slow_ : fast_).add(lasted); }
  void scheduled(time::duration lasted) noexcept { (lasted >= long_ ? long_delay_ : short_delay_).add(lasted); }
  void idled(time::duration lasted) noexcept {
    idle_.add(lasted);
    raise(max_idle_, lasted);
    raise(max_idle_since_, lasted);
  }

  task_metrics read() const noexcept {
    task_metrics seen;
    seen.dropped_count = dropped_.load(std::memory_order_acquire);  // pairs with add(): before what is not below it
    seen.instrumented_count = instrumented_.load(std::memory_order_relaxed);
    first_poll_.read(seen.first_poll_count, seen.total_first_poll_delay);
    idle_.read(seen.total_idled_count, seen.total_idle_duration);
    seen.max_idle_duration = time::duration(max_idle_.load(std::memory_order_relaxed));
    fast_.read(seen.total_fast_poll_count, seen.total_fast_poll_duration);
    slow_.read(seen.total_slow_poll_count, seen.total_slow_poll_duration);
    short_delay_.read(seen.total_short_delay_count, seen.total_short_delay_duration);
    long_delay_.read(seen.total_long_delay_count, seen.total_long_delay_duration);
    seen.total_poll_count = seen.total_fast_poll_count + seen.total_slow_poll_count;
    seen.total_poll_duration = seen.total_fast_poll_duration + seen.total_slow_poll_duration;
    seen.total_scheduled_count = seen.total_short_delay_count + seen.total_long_delay_count;
    seen.total_scheduled_duration = seen.total_short_delay_duration + seen.total_long_delay_duration;
    return seen;
  }
  // The longest idle time since the last call.
  time::duration take_max_idle() noexcept {
    return time::duration(max_idle_since_.exchange(0, std::memory_order_relaxed));
  }

 private:
  using number = std::atomic<std::uint64_t>;
  using span = std::atomic<time::duration::rep>;
  static void add(number& to, std::uint64_t n) noexcept { to.fetch_add(n, std::memory_order_release); }
  static void raise(span& most, time::duration to) noexcept {
    auto seen = most.load(std::memory_order_relaxed);
    while (seen < to.count() && !most.compare_exchange_weak(seen, to.count(), std::memory_order_relaxed)) {
    }
  }
  struct spans {
    number count{0};
    span total{0};
    void add(time::duration one) noexcept {
      count.fetch_add(1, std::memory_order_relaxed);
      total.fetch_add(one.count(), std::memory_order_relaxed);
    }
    void read(std::uint64_t& n, time::duration& sum) const noexcept {
      n = count.load(std::memory_order_relaxed);
      sum = time::duration(total.load(std::memory_order_relaxed));
    }
  };

  const time::duration slow_poll_, long_;
  number instrumented_{0}, dropped_{0};
  spans first_poll_, idle_, fast_, slow_, short_delay_, long_delay_;
  span max_idle_{0}, max_idle_since_{0};
};

// A future that is measured. Made by task_monitor::instrument().
template <pollable F>
class [[nodiscard]] instrumented {
 public:
  using output = output_of<F>;
  instrumented(std::shared_ptr<task_sums> into, F future, time::instant now)
      : into_(std::move(into)), made_(now), future_(std::move(future)) {
    into_->instrumented();
  }
  instrumented(instrumented&&) = default;
  instrumented& operator=(instrumented&& other) noexcept {
    std::swap(into_, other.into_);
    std::swap(made_, other.made_);
    std::swap(began_, other.began_);
    std::swap(ended_, other.ended_);
    std::swap(future_, other.future_);
    return *this;
  }
  ~instrumented() {
    if (into_) into_->dropped();
  }

  tokio::poll<output> poll(context& cx) {
    const auto now = time::instant::now();
    if (began_)
      count_rest(cx, now);
    else
      count_first(cx, now);
    began_ = now;
    auto polled = future_.poll(cx);
    ended_ = time::instant::now();
    into_->polled(ended_ - now);
    return polled;
  }
  F& get() noexcept { return future_; }

 private:
  // Nothing is measured before it is asked for once.
  static tokio_delay delay_of(context& cx) {
    tokio_delay seen{sizeof seen, 0, 0};
    if (host.trace) host.trace->delay(cx.raw(), &seen);
    return seen;
  }
  void count_first(context& cx, time::instant now) {
    into_->first_polled(now - made_);
    (void)delay_of(cx);
  }
  // A wake that came before the last poll began was not for what follows it; without one nothing had become ready.
  void count_rest(context& cx, time::instant now) {
    const tokio_delay seen = delay_of(cx);
    const bool measured = (seen.flags & TOKIO_DELAY_MEASURED) != 0;
    if (!measured && host.trace) return;
    const time::duration runnable(static_cast<time::duration::rep>(seen.runnable_ns));
    const auto woken = now - runnable;
    if (woken < *began_) return;
    if (woken > ended_ && (seen.flags & TOKIO_DELAY_AGAIN) == 0) into_->idled(woken - ended_);
    if (measured) into_->scheduled(runnable);
  }

  std::shared_ptr<task_sums> into_;
  time::instant made_, ended_;
  std::optional<time::instant> began_;  // the last poll; none: it was not polled
  F future_;
};

class task_monitor {
 public:
  static constexpr time::duration default_slow_poll_threshold = std::chrono::microseconds(50);
  static constexpr time::duration default_long_delay_threshold = std::chrono::microseconds(50);

  task_monitor() : task_monitor(default_slow_poll_threshold, default_long_delay_threshold) {}
  // A poll that lasts that long is slow, and a wait that lasts that long is long.
  explicit task_monitor(time::duration slow_poll, time::duration long_delay = default_long_delay_threshold)
      : sums_(std::make_shared<task_sums>(slow_poll, long_delay)) {}

  time::duration slow_poll_threshold() const noexcept { return sums_->slow_poll_threshold(); }
  time::duration long_delay_threshold() const noexcept { return sums_->long_delay_threshold(); }

  template <pollable F>
  instrumented<F> instrument(F future, call_site at = call_site::current()) const {
    return instrumented<F>(sums_, std::move(future), time::instant::now(at));
  }
  task_metrics cumulative() const noexcept { return sums_->read(); }

  // Of the time from one next() to the next; the first is since the monitor was made. Those of one monitor share the
  // longest idle time: the first that looks has it.
  class intervals_iterator {
   public:
    explicit intervals_iterator(std::shared_ptr<task_sums> of) noexcept : of_(std::move(of)) {}
    task_metrics next() noexcept {
      task_metrics now = of_->read();
      task_metrics since = now;
      for (const auto field : counts) since.*field -= before_.*field;
      for (const auto field : spans) since.*field -= before_.*field;
      since.max_idle_duration = of_->take_max_idle();
      before_ = now;
      return since;
    }

   private:
    using m = task_metrics;
    static constexpr std::uint64_t m::* counts[] = {
        &m::instrumented_count,      &m::dropped_count,          &m::first_poll_count,      &m::total_idled_count,
        &m::total_scheduled_count,   &m::total_poll_count,       &m::total_fast_poll_count, &m::total_slow_poll_count,
        &m::total_short_delay_count, &m::total_long_delay_count,
    };
    static constexpr time::duration m::* spans[] = {
        &m::total_first_poll_delay,     &m::total_idle_duration,       &m::total_scheduled_duration,
        &m::total_poll_duration,        &m::total_fast_poll_duration,  &m::total_slow_poll_duration,
        &m::total_short_delay_duration, &m::total_long_delay_duration,
    };
    std::shared_ptr<task_sums> of_;
    task_metrics before_;
  };
  intervals_iterator intervals() const noexcept { return intervals_iterator(sums_); }

 private:
  std::shared_ptr<task_sums> sums_;
};

}  // namespace tokio::metrics
