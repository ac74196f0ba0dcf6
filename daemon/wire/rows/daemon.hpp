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
inline constexpr param upgrade_params[] = {
    {"exe", text, false, "the program; absent: what took the place of the one that runs", "", 1},
    {"args", texts, false, "its arguments; absent: those of this process"},
    {"deadline_s", number, false, "when it must be ready", "30", 0.1, most_seconds},
    wait,
    patience_s,
    reason,
};
inline constexpr kind e_upgrade[] = {kind::refused,  kind::not_trusted, kind::not_found,
                                     kind::io_error, kind::wrong_state, kind::busy};
inline constexpr param crashes_params[] = {{"limit", integer, false, "how many, the latest first", "32", 1, 1000}};
inline constexpr param maintenance_params[] = {
    {"on", boolean, true, "true: not ready from now on; false: as the checks say"},
    {"for_s", number, false, "when it ends by itself; absent: when somebody ends it", "", 0.001, most_seconds},
    reason,
};

inline constexpr auto daemon = std::to_array<method>({
    {"daemon.crashes",
     level::observe,
     always,
     crashes_params,
     "What ended earlier processes, as far as they could still write it down",
     "{crashes:[{file, time, signal, plugin, instance, task, frames, ...}]}",
     {},
     R"({"limit":5})"},
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
     "{version, commit, abi, compiler, pid, uid, state, started, uptime_seconds, ...}",
     {},
     "{}"},
    {"daemon.maintenance",
     level::operate,
     until_the_end,
     maintenance_params,
     "Says that the daemon is not ready, without stopping anything",
     "{on, left_seconds?, reason?}",
     {},
     R"({"on":true,"for_s":60})"},
    {"daemon.shutdown", level::admin, until_the_end, shutdown_params, "Ends the daemon; answers when the end has begun",
     "{mode, state}", e_shutdown, R"({"mode":"drain","deadline_s":5})"},
    {"daemon.status",
     level::observe,
     always,
     {},
     "One screen: state, workers, tasks, plugins, warnings",
     "{state, ready, uptime_seconds, workers, tasks, plugins, config, warnings, last_crash?}",
     {},
     "{}"},
    {"daemon.upgrade", level::admin, while_running, upgrade_params,
     "Starts a program that takes over all sockets, and drains; when that fails nothing has changed",
     "{new_pid, generation}", e_upgrade, R"({"deadline_s":30})"},
});

}  // namespace tokiod::wire::rows
