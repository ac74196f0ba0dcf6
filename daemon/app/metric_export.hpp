// The runtime's and the plugins' numbers as metric families.
// Invariant: every family's name keeps the rules of OpenMetrics; labels are workers, plugins and states, never tasks.
// Threads:   [any]; reads snapshots.
#pragma once
#include <vector>

#include "control/metric_family.hpp"
#include "host/registry.hpp"
#include "runtime/runtime.hpp"

namespace tokiod::app {

[[nodiscard]] std::vector<control::metric_family> runtime_families(const metrics::runtime_snapshot& now);
[[nodiscard]] std::vector<control::metric_family> plugin_families(const std::vector<host::image_view>& images,
                                                                  const std::vector<host::metric_sample>& own);
[[nodiscard]] std::vector<control::metric_family> descriptor_families(const host::descriptor_line::view& seen);

}  // namespace tokiod::app
