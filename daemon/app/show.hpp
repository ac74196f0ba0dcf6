// The runtime's values in the units and words that the control plane shows.
//
// Invariant: pure functions.
// Threads: any.
#pragma once
#include <cstdint>
#include <string>

#include "runtime/metrics/snapshot.hpp"
#include "runtime/runtime.hpp"

namespace tokiod::app {

inline constexpr double ns_per_second = 1e9;

[[nodiscard]] inline double seconds(std::uint64_t ns) { return static_cast<double>(ns) / ns_per_second; }

[[nodiscard]] inline std::string state_name(metrics::worker_state s) {
  constexpr const char* names[] = {"running", "searching", "parked", "blocking", "stuck", "retired"};
  return names[static_cast<unsigned>(s)];
}

[[nodiscard]] inline std::string state_name(task_state s) {
  constexpr const char* names[] = {"idle", "queued", "running", "done"};
  return names[static_cast<unsigned>(s)];
}

}  // namespace tokiod::app
