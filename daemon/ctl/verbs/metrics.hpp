// The verbs of metrics.*. Part of ctl/verb.cpp.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr auto metrics = std::to_array<verb>({
    {"metrics", "metrics.get", by_match},
});

}  // namespace tokiod::ctl::rows
