// The runtime's values in the units and words that the control plane shows.
//
// Invariant: pure functions, but for what time it is.
// Threads: any.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "control/histogram_info.hpp"
#include "runtime/metrics/histogram.hpp"
#include "runtime/metrics/snapshot.hpp"
#include "runtime/runtime.hpp"

namespace tokiod::app {

inline constexpr double ns_per_second = 1e9;

[[nodiscard]] inline double seconds(std::uint64_t ns) { return static_cast<double>(ns) / ns_per_second; }

// Moments of the steady clock as Unix seconds; 0 is never.
struct moments {
  instant_ns now = steady_clock().now();
  std::int64_t wall = wall_clock_ns();
  [[nodiscard]] double of(instant_ns at) const {
    if (at == 0) return 0;
    return static_cast<double>(wall - static_cast<std::int64_t>(now - std::min(now, at))) / ns_per_second;
  }
};

[[nodiscard]] inline std::string state_name(metrics::worker_state s) {
  constexpr const char* names[] = {"running", "searching", "parked", "blocking", "stuck", "paused", "retired"};
  return names[static_cast<unsigned>(s)];
}

[[nodiscard]] inline std::string state_name(task_state s) {
  constexpr const char* names[] = {"idle", "queued", "running", "done"};
  return names[static_cast<unsigned>(s)];
}

[[nodiscard]] inline control::histogram_info histogram_of(const metrics::distribution& seen) {
  control::histogram_info i;
  i.num_buckets = metrics::histogram_buckets;
  i.count = seen.total();
  i.sum_seconds = seconds(seen.sum);
  i.p50_seconds = seconds(seen.quantile(0.5));
  i.p99_seconds = seconds(seen.quantile(0.99));
  for (std::size_t n = 0; n < seen.counts.size(); ++n) {
    if (seen.counts[n] == 0) continue;
    const auto to = n + 1 < seen.counts.size() ? std::optional(seconds(metrics::lower_bound(n + 1))) : std::nullopt;
    i.buckets.push_back({seconds(metrics::lower_bound(n)), to, seen.counts[n]});
  }
  return i;
}

}  // namespace tokiod::app
