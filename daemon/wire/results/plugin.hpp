// What plugin.* answers with. Part of wire/results.cpp.
#pragma once
#include <array>

#include "wire/results.hpp"

namespace tokiod::wire::results {

inline constexpr auto plugin = std::to_array<result_shape>({
    {"image_state", R"("loading" | "loaded" | "unloading" | "unloaded" | "resident" | "quarantined" | "failed")"},
    {"instance_brief", "{instance: text, plugin: text, state: instance_state, reason?: text}"},
    // null: no limit
    {"instance_limits",
     "{max_tasks: integer | null, max_memory_bytes: integer | null, max_blocking_jobs: integer | null, "
     "cpu_quota_percent: integer | null, may_resize: boolean}"},
    {"instance_state", R"("starting" | "running" | "draining" | "stopped" | "failed" | "quarantined")"},
    {"instance_usage",
     "{tasks_live: integer, tasks_spawned: integer, tasks_panicked: integer, polls: integer, poll_seconds: number, "
     "blocking_cpu_seconds: number, slow_polls: integer, throttled_seconds: number, wakes: integer, "
     "forced_yields: integer, memory_bytes: integer, sockets: integer, timers: integer, operations: integer, "
     "children: integer, signals: integer, files: integer, jobs: integer, leases: integer, registrations: integer, "
     "calls: integer, metrics: integer, read_bytes: integer, written_bytes: integer}"},
    {"plugin.call", "any"},
    {"plugin.clear_quarantine", "{plugin: text}"},
    {"plugin.disable", "plugin_enabled"},
    {"plugin.enable", "plugin_enabled"},
    {"plugin.info",
     "{...plugin_image, mapped_path: text, config_schema: any, required_extensions: [text], "
     "optional_extensions: [text], findings: [plugin_finding], methods: {*: [plugin_method]}, "
     "holds: {*: {*: integer}}, unload_blockers: [text], mappings: [text]}"},
    {"plugin.inspect",
     "{path: text, size_bytes: integer, id?: text, version?: text, abi?: text, abi_minor_needed?: integer, "
     "loadable: boolean, unloadable: boolean, needs_rotation: boolean, build_id: text, needed: [text], "
     "exports: [text], findings: [plugin_finding]}"},
    {"plugin.list", "{plugins: [plugin_image]}"},
    {"plugin.load",
     "{plugin: text, state: image_state, generation: integer, warnings: [text], instance?: instance_brief}"},
    {"plugin.reload",
     "{plugin: text, from: plugin_generation, to: plugin_generation, unmapped: boolean, blockers: [text]}"},
    {"plugin.restart", "instance_brief"},
    {"plugin.scan",
     "{found: [{name: text, id: text, version: text, path: text, loaded: boolean}], "
     "rejected: [{path: text, why: text}]}"},
    {"plugin.start", "instance_brief"},
    {"plugin.stop",
     "{instance: text, state: instance_state, aborted: {*: integer}, leaked: {*: integer}, blockers: [text]}"},
    {"plugin.unload", "{plugin: text, state: image_state, unmapped: boolean, blockers: [text]}"},
    {"plugin_enabled", "{enabled: boolean, instances: [text], left_seconds?: number}"},
    {"plugin_finding", R"({verdict: "refuse" | "resident" | "rotate" | "warning", rule: text, sentence: text})"},
    {"plugin_generation", "{generation: integer, version: text}"},
    {"plugin_image",
     "{name: text, id: text, version: text, description: text, abi: text, state: image_state, since: number, "
     "generation: integer, path: text, build_id: text, instances: [plugin_instance], reason?: text}"},
    {"plugin_instance",
     "{instance: text, plugin: text, state: instance_state, since: number, starts: integer, faults: integer, "
     "config: any, usage: instance_usage, limits: instance_limits, reason?: text, finished?: integer}"},
    {"plugin_method", "{name: text, summary: text, params_schema: any}"},
});

}  // namespace tokiod::wire::results
