// The rows of metrics.*. Part of wire/method_table.cpp.
#pragma once
#include <array>

#include "wire/rows/common.hpp"

namespace tokiod::wire::rows {

inline constexpr param metrics_match = {"match", text, false, "only families whose name matches: tokiod_worker_*",
                                        R"("*")"};
inline constexpr param metrics_get_params[] = {
    metrics_match,
    {"since_mark", text, false, "of counters and histograms only what came since metrics.mark gave this", "", 1, 64},
};
inline constexpr param metrics_describe_params[] = {metrics_match};
inline constexpr sv expose_formats[] = {"prometheus", "openmetrics"};
inline constexpr param metrics_expose_params[] = {
    {"format", text, false, "text format 0.0.4, or OpenMetrics 1.0.0", R"("prometheus")", 0, 16, expose_formats},
    metrics_match,
};

inline constexpr auto metrics = std::to_array<method>({
    {"metrics.describe",
     level::observe,
     always,
     metrics_describe_params,
     "What is counted and measured: the catalogue of metrics",
     "{metrics:[{name, type, unit, help, labels}]}",
     {},
     "{}"},
    {"metrics.expose",
     level::observe,
     always,
     metrics_expose_params,
     "All metrics as text",
     "{content_type, text}",
     {},
     R"({"format":"openmetrics"})"},
    {"metrics.get", level::observe, always, metrics_get_params, "Metric families with their samples",
     "{ts, since?, families:[{name, type, unit, help, samples}]}", e_found, R"({"match":"tokiod_tasks_*"})"},
    {"metrics.mark",
     level::observe,
     always,
     {},
     "Remembers how far counters are, for metrics.get; the newest marks of all callers are kept",
     "{mark, ts}",
     {},
     "{}"},
});

}  // namespace tokiod::wire::rows
