// The rows of plugin.*. Part of wire/method_table.cpp.
#pragma once
#include <array>

#include "wire/rows/config.hpp"

namespace tokiod::wire::rows {

inline constexpr param plugin_name = {"plugin", text, true, "name or id of a loaded plugin", "", 1, 128};
inline constexpr param instance_name = {"instance", text, true, "name of an instance", "", 1, 128};
// Of a new instance, named and bounded as in the configuration.
inline constexpr param max_tasks = {
    "max_tasks", integer, false, "tasks that it may have at a time; absent: any number", "", 1, most_count};
inline constexpr param max_memory = {
    "max_memory_bytes", integer, false, "task memory that it may have at a time; absent: any amount", "", 65'536,
    most_count};
inline constexpr param max_jobs = {"max_blocking_jobs",
                                   integer,
                                   false,
                                   "blocking jobs that it may have queued and running at a time; absent: any number",
                                   "",
                                   1,
                                   most_count};
inline constexpr param cpu_quota = {"cpu_quota_percent",
                                    integer,
                                    false,
                                    "percent of one CPU that its tasks may use on workers; absent: any amount",
                                    "",
                                    1,
                                    100'000};
inline constexpr param plugin_info_params[] = {plugin_name};
inline constexpr param plugin_clear_params[] = {
    {"plugin", text, true, "name of a plugin that is held back", "", 1, 128}, reason, wait, patience_s};
inline constexpr param plugin_inspect_params[] = {{"path", text, true, "file, or name in a plugin directory", "", 1}};
inline constexpr param plugin_load_params[] = {
    {"plugin", text, true, "path of a file (with a slash), or name in a plugin directory", "", 1},
    {"instance", text, false, "name of the instance that is started, 1..64 of a-z, 0-9, _ and -; absent: the plugin's",
     "", 1, 128},
    {"config", object, false, "configuration of the instance"},
    max_tasks,
    max_memory,
    max_jobs,
    cpu_quota,
    {"start", boolean, false, "also start an instance", "true"},
    wait,
    patience_s,
    reason,
};
inline constexpr param plugin_unload_params[] = {plugin_name, deadline, wait, patience_s, reason};
inline constexpr param plugin_start_params[] = {
    instance_name,
    {"plugin", text, false, "make a new instance of this loaded plugin", "", 1, 128},
    {"config", object, false, "configuration of a new instance"},
    max_tasks,
    max_memory,
    max_jobs,
    cpu_quota,
    wait,
    patience_s,
    reason,
};
inline constexpr param plugin_stop_params[] = {instance_name, deadline, wait, patience_s, reason};
inline constexpr param plugin_reload_params[] = {
    plugin_name, {"path", text, false, "take this file instead of the one it came from", "", 1},
    deadline,    wait,
    patience_s,  reason,
};
inline constexpr param plugin_call_params[] = {
    instance_name,
    {"method", text, true, "a method that the instance offers", "", 1, 128},
    {"params", any, false, "given to the plugin unchanged", "{}"},
    {"timeout_s", number, false, "how long to wait for its answer; left out: plugins.call_timeout_ms", "", 0.001,
     most_seconds},
};
inline constexpr param plugin_enable_params[] = {
    {"plugin", text, true, "a configured instance, or a plugin as the configuration names it: all of its instances", "",
     1, 4096},
    for_s,
    persist,
    wait,
    patience_s,
    reason,
};
inline constexpr kind e_enable[] = {kind::not_found, kind::invalid_params, kind::invalid_config,
                                    kind::conflict,  kind::refused,        kind::io_error,
                                    kind::busy};
inline constexpr kind e_inspect[] = {kind::bad_plugin, kind::abi_mismatch, kind::not_trusted, kind::not_found,
                                     kind::io_error};
inline constexpr kind e_clear[] = {kind::not_found, kind::io_error};
inline constexpr kind e_load[] = {kind::bad_plugin,  kind::abi_mismatch,   kind::missing_dependency,
                                  kind::init_failed, kind::not_trusted,    kind::conflict,
                                  kind::in_use,      kind::quota_exceeded, kind::io_error,
                                  kind::wrong_state, kind::busy,           kind::not_found};
inline constexpr kind e_replace[] = {
    kind::bad_plugin,  kind::abi_mismatch, kind::missing_dependency, kind::init_failed,    kind::not_trusted,
    kind::conflict,    kind::in_use,       kind::drain_timeout,      kind::quota_exceeded, kind::io_error,
    kind::wrong_state, kind::busy,         kind::not_found};
inline constexpr kind e_begin[] = {kind::not_found,   kind::wrong_state,    kind::conflict, kind::in_use,
                                   kind::init_failed, kind::quota_exceeded, kind::io_error, kind::busy};
inline constexpr kind e_renew[] = {kind::not_found,      kind::wrong_state,   kind::conflict,
                                   kind::in_use,         kind::drain_timeout, kind::init_failed,
                                   kind::quota_exceeded, kind::io_error,      kind::busy};
inline constexpr kind e_end[] = {kind::not_found, kind::wrong_state, kind::in_use, kind::drain_timeout, kind::busy};
inline constexpr kind e_call[] = {kind::not_found, kind::plugin_error, kind::timeout, kind::wrong_state,
                                  kind::quota_exceeded};

inline constexpr auto plugin = std::to_array<method>({
    {"plugin.call", level::operate, while_running, plugin_call_params, "Calls a method that a plugin offers",
     "whatever the plugin answers", e_call, R"({"instance":"echo","method":"stats"})"},
    {"plugin.clear_quarantine", level::admin, while_running, plugin_clear_params,
     "Lets a plugin start with the daemon again that was held back because it ended it again and again", "{plugin}",
     e_clear, R"({"plugin":"echo"})"},
    {"plugin.disable", level::operate, while_running, plugin_enable_params,
     "Stops configured instances and keeps them stopped, over reloads too; with persist over a restart of the daemon",
     "{enabled, instances, left_seconds?}", e_enable, R"({"plugin":"echo","for_s":60})"},
    {"plugin.enable", level::operate, while_running, plugin_enable_params,
     "Starts instances that are configured but not enabled", "{enabled, instances, left_seconds?}", e_enable,
     R"({"plugin":"echo"})"},
    {"plugin.info", level::observe, always, plugin_info_params, "Everything about one plugin",
     "{name, version, state, path, instances, methods, holds, unload_blockers, ...}", e_found, R"({"plugin":"echo"})"},
    {"plugin.inspect", level::operate, always, plugin_inspect_params,
     "Reads what a plugin file says of itself; none of its code runs", "{path, id, version, abi, findings, ...}",
     e_inspect, R"({"path":"echo"})"},
    {"plugin.list",
     level::observe,
     always,
     {},
     "Every loaded plugin and its instances",
     "{plugins:[{name, version, state, instances, ...}]}",
     {},
     "{}"},
    {"plugin.load", level::admin, while_running, plugin_load_params, "Loads a plugin file and starts an instance of it",
     "{plugin, state, generation, warnings, instance?}", e_load,
     R"({"plugin":"echo","instance":"echo2","config":{"port":7008}})"},
    {"plugin.reload", level::admin, while_running, plugin_reload_params,
     "Moves every instance to a fresh copy of the file; on failure the old ones keep running",
     "{plugin, from, to, unmapped, blockers}", e_replace, R"({"plugin":"echo"})"},
    {"plugin.restart", level::operate, while_running, plugin_stop_params, "Stops and starts an instance",
     "{instance, plugin, state}", e_renew, R"({"instance":"echo"})"},
    {"plugin.scan",
     level::observe,
     always,
     {},
     "What lies in the plugin directories",
     "{found:[{name, version, path, loaded}], rejected:[{path, why}]}",
     {},
     "{}"},
    {"plugin.start", level::operate, while_running, plugin_start_params,
     "Starts an instance again, or a new one of a loaded plugin", "{instance, plugin, state}", e_begin,
     R"({"instance":"echo"})"},
    {"plugin.stop", level::operate, until_the_end, plugin_stop_params, "Drains an instance; its plugin stays loaded",
     "{instance, state, aborted, leaked, blockers}", e_end, R"({"instance":"echo"})"},
    {"plugin.unload", level::admin, until_the_end, plugin_unload_params,
     "Drains every instance of a plugin and takes its image out", "{plugin, state, unmapped, blockers}", e_end,
     R"({"plugin":"echo"})"},
});

}  // namespace tokiod::wire::rows
