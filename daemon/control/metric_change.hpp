// What became of metrics between two looks at them.
// Threads: pure functions [any].
#pragma once
#include <vector>

#include "control/metric_family.hpp"

namespace tokiod::control {

// The families and samples that are new, or have another value than before.
[[nodiscard]] std::vector<metric_family> changed_since(const std::vector<metric_family>& now,
                                                       const std::vector<metric_family>& before);

// Counters and histograms less what they were before; what was not there began at 0, and so did what is less now.
// Gauges and facts are as they are.
[[nodiscard]] std::vector<metric_family> grown_since(std::vector<metric_family> now,
                                                     const std::vector<metric_family>& before);

}  // namespace tokiod::control
