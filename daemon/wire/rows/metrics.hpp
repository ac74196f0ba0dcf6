// The rows of metrics.*. Part of wire/method_table.cpp.
#pragma once
#include <array>

#include "wire/rows/common.hpp"

namespace tokiod::wire::rows {

inline constexpr param metrics_get_params[] = {
    {"match", text, false, "only families whose name matches: tokiod_worker_*", R"("*")"}};
inline constexpr sv expose_formats[] = {"prometheus"};
inline constexpr param metrics_expose_params[] = {
    {"format", text, false, "prometheus: text format 0.0.4", R"("prometheus")", 0, 16, expose_formats}};

inline constexpr auto metrics = std::to_array<method>({
    {"metrics.expose",
     level::observe,
     always,
     metrics_expose_params,
     "All metrics as text",
     "{content_type, text}",
     {},
     "{}"},
    {"metrics.get",
     level::observe,
     always,
     metrics_get_params,
     "Metric families with their samples",
     "{ts, families:[{name, type, unit, help, samples}]}",
     {},
     R"({"match":"tokiod_tasks_*"})"},
});

}  // namespace tokiod::wire::rows
