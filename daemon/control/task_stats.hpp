// The numbers of a task while somebody listens, as values and as the JSON that methods answer with.
// Threads:   values; pure functions [any].
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "control/histogram_info.hpp"
#include "wire/json.hpp"

namespace tokiod::control {

// Those up to a second by bucket, longer ones apart.
struct times_info {
  histogram_info counted;
  std::uint64_t longer = 0;
  double longest_seconds = 0;
};

struct task_warning {
  std::string lint, sentence;
  double measured = 0;  // in the unit of the lint's threshold
};

// Moments are Unix seconds; 0 is never.
struct task_stats {
  std::string kind;          // task, local, blocking
  std::string parent;        // t-3; empty: none is known
  std::string function;      // in which it was spawned, where known
  std::uint32_t column = 0;  // of its location; 0: not known
  bool from_birth = false;   // false: it was there before anybody listened, so nothing is known of its past
  std::uint64_t bytes = 0;
  double created = 0, dropped = 0, last_wake = 0, first_poll = 0, last_poll_started = 0, last_poll_ended = 0;
  std::string end;  // completed, cancelled, panicked; empty: it lives
  double total_seconds = 0, busy_seconds = 0, scheduled_seconds = 0, idle_seconds = 0;
  std::uint64_t polls = 0, wakes = 0, self_wakes = 0;
  times_info poll_times, scheduled_times;
  std::vector<task_warning> warnings;
};

[[nodiscard]] wire::json view(const histogram_info& seen);
[[nodiscard]] wire::json view(const times_info& seen);
[[nodiscard]] wire::json view(const task_stats& stats, bool histograms);

}  // namespace tokiod::control
