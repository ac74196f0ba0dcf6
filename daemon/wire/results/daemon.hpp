// What daemon.* answers with. Part of wire/results.cpp.
#pragma once
#include <array>

#include "wire/results.hpp"

namespace tokiod::wire::results {

inline constexpr auto daemon = std::to_array<result_shape>({
    {"config_status",
     "{revision: integer, drift: boolean, needs_restart?: [text], "
     "pending_confirm?: {revision: integer, revert_in_seconds: number}, "
     "last_reload?: {ok: boolean, time: number, problem?: text}}"},
    {"crash_report",
     "{file: text, time: integer, signal: text, quarantined: boolean, frames: [text], plugin?: text, instance?: text, "
     "worker?: integer, task?: {id: text, name: text, location: text}}"},
    {"daemon.crashes", "{crashes: [crash_report]}"},
    {"daemon.health", "{live: boolean, ready: boolean, checks: [{name: text, ok: boolean, detail: text}]}"},
    {"daemon.info",
     "{version: text, commit: text, abi: text, compiler: text, pid: integer, uid: integer, state: daemon_state, "
     "generation: integer, "
     "started: number, "
     "uptime_seconds: number, command_line: [text], config_files: [text], "
     "systemd: {notify: boolean, watchdog_usec: integer}}"},
    {"daemon.maintenance", "maintenance"},
    {"daemon.shutdown", R"({mode: "drain" | "now", state: daemon_state})"},
    {"daemon.status",
     "{version: text, pid: integer, state: daemon_state, ready: boolean, uptime_seconds: number, "
     "workers: runtime_workers, tasks: runtime_tasks, plugins: {loaded: integer, instances: integer, running: "
     "integer}, "
     "config: config_status, maintenance: maintenance, warnings: [text], "
     "last_crash?: {file: text, time: integer, signal: text, quarantined: boolean, plugin?: text, instance?: text, "
     "worker?: integer, task?: {id: text, name: text, location: text}}}"},
    {"daemon.upgrade", "{new_pid: integer, generation: integer}"},
    {"daemon_state", R"("starting" | "running" | "draining")"},
    {"maintenance", "{on: boolean, left_seconds?: number, reason?: text}"},
});

}  // namespace tokiod::wire::results
