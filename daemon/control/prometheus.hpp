// Metric families as a page for a scraper: Prometheus text 0.0.4 or OpenMetrics 1.0.0.
// Invariant: a page is well-formed whatever names, labels and help the families have: every family has HELP and TYPE
// and
//            stands once, and no sample repeats another. What would break that is left out.
// Threads:   pure functions [any].
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "control/metric_family.hpp"

namespace tokiod::control {

enum class exposition : std::uint8_t { prometheus, openmetrics };

inline constexpr std::string_view prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";
inline constexpr std::string_view openmetrics_content_type =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

// What the value of an Accept header prefers; empty, or neither of the two: Prometheus text.
[[nodiscard]] exposition negotiated(std::string_view accept);
[[nodiscard]] std::string_view content_type(exposition form);

// Families of one name are merged under the first one's header, if they are of its type.
[[nodiscard]] std::string metrics_page(const std::vector<metric_family>& families, exposition form);
[[nodiscard]] std::string prometheus_text(const std::vector<metric_family>& families);
[[nodiscard]] std::string_view name(metric_type type);

}  // namespace tokiod::control
