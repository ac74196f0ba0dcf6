// The rows of daemon.*. Part of wire/method_table.cpp.
#pragma once
#include <array>

#include "wire/rows/common.hpp"

namespace tokiod::wire::rows {

inline constexpr param health_params[] = {{"verbose", boolean, false, "also the checks that passed", "true"}};
inline constexpr sv shutdown_modes[] = {"drain", "now"};
inline constexpr param shutdown_params[] = {
    {"mode", text, false, "drain lets tasks end; now does not wait", R"("drain")", 0, 16, shutdown_modes},
    {"deadline_s", number, false, "how long a drain may take; absent: as configured", "", 0, most_seconds},
    {"exit_code", integer, false, "what the process ends with", "0", 0, 255},
    {"reason", text, false, "goes to the log"},
};
inline constexpr kind e_shutdown[] = {kind::wrong_state};

inline constexpr auto daemon = std::to_array<method>({
    {"daemon.health",
     level::observe,
     always,
     health_params,
     "Is it alive, is it ready, and which check says no",
     "{live, ready, checks:[{name, ok, detail}]}",
     {},
     "{}"},
    {"daemon.info",
     level::observe,
     always,
     {},
     "What runs: version, process, files",
     "{version, abi, compiler, pid, uid, state, started, uptime_seconds, ...}",
     {},
     "{}"},
    {"daemon.shutdown", level::admin, until_the_end, shutdown_params, "Ends the daemon; answers when the end has begun",
     "{mode, state}", e_shutdown, R"({"mode":"drain","deadline_s":5})"},
    {"daemon.status",
     level::observe,
     always,
     {},
     "One screen: state, workers, tasks, plugins, warnings",
     "{state, ready, uptime_seconds, workers, tasks, plugins, config, warnings}",
     {},
     "{}"},
});

}  // namespace tokiod::wire::rows
