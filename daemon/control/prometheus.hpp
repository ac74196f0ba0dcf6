// Metric families as Prometheus text, format 0.0.4.
// Invariant: every family has HELP and TYPE, no family appears twice, and no name or label breaks the format.
// Threads:   pure functions [any].
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "control/metric_family.hpp"

namespace tokiod::control {

inline constexpr std::string_view prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

// Families of one name are merged under the first one's header.
[[nodiscard]] std::string prometheus_text(const std::vector<metric_family>& families);
[[nodiscard]] std::string_view name(metric_type type);

}  // namespace tokiod::control
