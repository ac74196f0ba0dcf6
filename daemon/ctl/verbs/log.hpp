// The verbs of log.*. Part of ctl/verb.cpp.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr sv by_level[] = {"level", "target"};
inline constexpr sv by_log_target[] = {"target"};

inline constexpr auto log = std::to_array<verb>({
    {"log get", "log.get"},
    {"log level", "log.set", by_level},
    {"log tail", "log.tail", by_log_target},
});

}  // namespace tokiod::ctl::rows
