// The verbs of daemon.*. Part of ctl/verb.cpp.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr column check_columns[] = {{"CHECK", "/name"}, {"OK", "/ok"}, {"DETAIL", "/detail"}};

inline constexpr auto daemon = std::to_array<verb>({
    {"health", "daemon.health", {}, "checks", check_columns},
    {"info", "daemon.info"},
    {"shutdown", "daemon.shutdown", {}, {}, {}, "end the daemon"},
    {"status", "daemon.status"},
});

}  // namespace tokiod::ctl::rows
