// The rows of control.* and rpc.*. Part of wire/method_table.cpp.
#pragma once
#include <array>

#include "wire/rows/common.hpp"

namespace tokiod::wire::rows {

inline constexpr param ping_params[] = {{"echo", any, false, "given back unchanged"}};

inline constexpr auto control = std::to_array<method>({
    {"control.ping",
     level::observe,
     always,
     ping_params,
     "Answers at once",
     "{echo?, now, loop_lag_seconds}",
     {},
     R"({"echo":"hello"})"},
    {"control.whoami",
     level::observe,
     always,
     {},
     "Who the daemon takes the caller for, and what he may do",
     "{uid, gid, groups, pid, comm, socket, level, rule}",
     {},
     "{}"},
    {"rpc.discover", level::observe, always, {}, "This table, as an OpenRPC document", "OpenRPC document", {}, "{}"},
});

}  // namespace tokiod::wire::rows
