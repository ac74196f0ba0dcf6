// The verbs of metrics.*. Part of ctl/verb.cpp; commands.cpp adds --prometheus, --openmetrics and --watch to `metrics`.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr column described_columns[] = {
    {"METRIC", "/name"}, {"TYPE", "/type"}, {"UNIT", "/unit"}, {"LABELS", "/labels"}, {"WHAT", "/help"}};

inline constexpr auto metrics = std::to_array<verb>({
    {"metric describe", "metrics.describe", by_match, "metrics", described_columns},
    {"metric mark", "metrics.mark"},
    {"metrics", "metrics.get", by_match},
});

}  // namespace tokiod::ctl::rows
