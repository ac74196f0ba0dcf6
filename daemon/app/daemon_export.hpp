// The daemon's build, configuration, limits of its control plane, service manager and log as metric families.
// Threads: [any]; plain values.
#pragma once
#include <cstdint>
#include <vector>

#include "app/live_config.hpp"
#include "base/log.hpp"
#include "control/metric_family.hpp"
#include "control/options.hpp"

namespace tokiod::app {

[[nodiscard]] std::vector<control::metric_family> daemon_families(const reload_status& config);
[[nodiscard]] std::vector<control::metric_family> limit_families(const control::limits& of);
[[nodiscard]] std::vector<control::metric_family> manager_families(std::uint64_t watchdog_pings);
[[nodiscard]] std::vector<control::metric_family> log_families(const log::record_counts& counts);

}  // namespace tokiod::app
