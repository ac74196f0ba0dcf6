// Metric families as the JSON that methods answer with. Names here are the protocol.
// Threads: pure functions [any].
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "control/backend/metrics.hpp"

namespace tokiod::control {

[[nodiscard]] json view(const std::vector<metric_family>& families, std::string_view match, std::int64_t wall_ns);

}  // namespace tokiod::control
