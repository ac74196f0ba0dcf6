// The verbs of log.*. Part of ctl/verb.cpp.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr sv by_level[] = {"level", "target"};

inline constexpr auto log = std::to_array<verb>({
    {"log get", "log.get"},
    {"log set", "log.set", by_level},
});

}  // namespace tokiod::ctl::rows
