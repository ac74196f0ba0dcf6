// The verbs of daemon.*. Part of ctl/verb.cpp.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr column check_columns[] = {{"CHECK", "/name"}, {"OK", "/ok"}, {"DETAIL", "/detail"}};

inline constexpr sv by_on[] = {"on"};
inline constexpr column crash_columns[] = {
    {"TIME", "/time", format::time}, {"SIGNAL", "/signal"},       {"PLUGIN", "/plugin"}, {"INSTANCE", "/instance"},
    {"TASK", "/task/name"},          {"PLACE", "/task/location"}, {"FILE", "/file"},
};

inline constexpr auto daemon = std::to_array<verb>({
    {"crashes", "daemon.crashes", {}, "crashes", crash_columns},
    {"health", "daemon.health", {}, "checks", check_columns},
    {"info", "daemon.info"},
    {"maintenance", "daemon.maintenance", by_on},
    {"shutdown", "daemon.shutdown", {}, {}, {}, "end the daemon"},
    {"status", "daemon.status"},
    {"upgrade", "daemon.upgrade", {}, {}, {}, "become another program"},
});

}  // namespace tokiod::ctl::rows
