// The verbs of watchdog.*. Part of ctl/verb.cpp.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr sv by_warn_ms[] = {"warn_ms"};

inline constexpr auto watchdog = std::to_array<verb>({
    {"watchdog", "watchdog.get"},
    {"watchdog-set", "watchdog.set", by_warn_ms},
});

}  // namespace tokiod::ctl::rows
