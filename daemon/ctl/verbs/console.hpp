// The verbs of console.*. Part of ctl/verb.cpp.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr auto console = std::to_array<verb>({
    {"console pause", "console.pause"},
    {"console resume", "console.resume"},
});

}  // namespace tokiod::ctl::rows
