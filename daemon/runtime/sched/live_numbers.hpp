// The options that may be others while the runtime runs.
// Invariant: each is one number; who looks takes the one that is there, and none of them says anything about another.
// Threads:   [any].
// No model: single words that order nothing.
#pragma once
#include <atomic>
#include <cstdint>

#include "base/policy.hpp"
#include "runtime/sched/options.hpp"

namespace tokiod::sched {

struct live_numbers {
  explicit live_numbers(const options& with) { take(with); }
  void take(const options& from) {
    stuck_after.store(from.stuck_after, relaxed);
    stuck_stacks.store(from.stuck_stacks, relaxed);
    event_interval.store(from.event_interval, relaxed);
    global_queue_interval.store(from.global_queue_interval, relaxed);
  }

  std::atomic<duration_ns> stuck_after;  // the monitor's next look
  std::atomic<bool> stuck_stacks;        // its next report
  // Of each worker the next look at sockets and timers, which the interval before had set.
  std::atomic<std::uint32_t> event_interval, global_queue_interval;
};

}  // namespace tokiod::sched
