// What it costs to wake a sleeping worker on this machine, learnt from every wake-up: the waker's own time, and how
// long until the woken one runs. A backlog that its core works off sooner by itself wakes nobody, because on a virtual
// machine a wake-up costs as much as hundreds of short polls, and on bare metal as much as ten.
// Invariant: worth() is between `least` and `most`, so that one odd sample neither wakes for everything nor for
//            nothing.
// Threads:   [any]. Relaxed throughout: an estimate that orders nothing, and a lost sample costs precision alone.
// No model: two estimates, relaxed, nothing else is published.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>

#include "base/cache_line.hpp"
#include "base/clock.hpp"
#include "base/policy.hpp"

namespace tokiod::sched {

class alignas(cache_line) wake_price {
 public:
  static constexpr duration_ns least = microsecond;
  static constexpr duration_ns most = 200 * microsecond;
  // What a task costs in addition that runs on another core: its header, its frame, what it shares with the others and
  // the slot it is freed to are cache lines there first.
  static constexpr duration_ns move = 100;
  static constexpr std::uint32_t no_backlog = UINT32_MAX;

  // So much work must wait to be worth it: when the helper arrives it must still find some, and the waker's time is
  // paid twice, once by the waker and once by the tasks behind it.
  [[nodiscard]] duration_ns worth() const {
    return std::clamp(latency_.load(relaxed) + 2 * cost_.load(relaxed), least, most);
  }

  // So many tasks whose polls take `mean` are worth it.
  [[nodiscard]] std::uint32_t backlog(duration_ns mean) const { return tasks_for(worth(), mean); }

  // The same for a worker that is awake and looks around: nobody is to be woken.
  [[nodiscard]] static std::uint32_t for_thief(duration_ns mean) { return tasks_for(least, mean); }

  void sent(duration_ns cost) { learn(cost_, cost); }
  void arrived(duration_ns latency) { learn(latency_, latency); }

 private:
  static std::uint32_t tasks_for(duration_ns price, duration_ns mean) {
    if (mean <= move) return no_backlog;
    return static_cast<std::uint32_t>(std::max<duration_ns>(price / (mean - move), 1));
  }
  static void learn(std::atomic<duration_ns>& mean, duration_ns sample) {
    mean.store((7 * mean.load(relaxed) + std::min(sample, most)) / 8, relaxed);
  }

  // Before the first sample: between what bare metal and a virtual machine take.
  std::atomic<duration_ns> cost_{3 * microsecond};
  std::atomic<duration_ns> latency_{10 * microsecond};
};

}  // namespace tokiod::sched
