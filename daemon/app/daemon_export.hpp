// The daemon's build and configuration as metric families.
// Threads: [any]; plain values.
#pragma once
#include <vector>

#include "app/live_config.hpp"
#include "control/metric_family.hpp"

namespace tokiod::app {

[[nodiscard]] std::vector<control::metric_family> daemon_families(const reload_status& config);

}  // namespace tokiod::app
