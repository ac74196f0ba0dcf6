// The runtime's numbers as metric families.
// Invariant: every family's name keeps the rules of OpenMetrics; labels are workers, plugins and states, never tasks.
// Threads:   [any]; reads snapshots.
#pragma once
#include <vector>

#include "control/metric_family.hpp"
#include "runtime/runtime.hpp"

namespace tokiod::app {

[[nodiscard]] std::vector<control::metric_family> runtime_families(const metrics::runtime_snapshot& now);
// Of the threads that workers have now, and of what they do now.
[[nodiscard]] std::vector<control::metric_family> thread_families(const runtime_view& now);

}  // namespace tokiod::app
