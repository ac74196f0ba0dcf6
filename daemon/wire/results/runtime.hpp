// What runtime.* answers with. Part of wire/results.cpp.
#pragma once
#include <array>

#include "wire/results.hpp"

namespace tokiod::wire::results {

inline constexpr auto runtime = std::to_array<result_shape>({
    {"histogram",
     "{num_buckets: integer, count: integer, sum_seconds: number, p50_seconds: number, p99_seconds: number, "
     "buckets: [histogram_bucket]}"},
    // null: no upper bound
    {"histogram_bucket", "{from: number, to: number | null, count: integer}"},
    {"pause", "{on: boolean, left_seconds?: number, reason?: text}"},
    {"blocking_bounds", "{max_threads: integer, keep_alive_ms: integer}"},
    {"runtime.affinity", "{before: text, after: text}"},
    {"runtime.blocking", "{before: blocking_bounds, after: blocking_bounds}"},
    {"runtime.info",
     "{flavor: text, stopping: boolean, pause: pause, workers: runtime_workers, tasks: runtime_tasks, "
     "global_queue_depth: integer, "
     "remote_schedules: integer, idle_backlogs: {count: integer, oldest_seconds: number}, "
     "blocking: {threads: integer, idle: integer, queue: integer, max: integer}, "
     "files: {backend: text, in_flight: integer, submitted: integer}, "
     "io: {sources: integer, registered: integer, deregistered: integer, ready_events: integer}, "
     "timers: {active: integer}, settings: any}"},
    {"runtime.pause", "pause"},
    {"runtime.resize", "{before: integer, after: integer, retiring: [integer]}"},
    {"runtime.resume", "pause"},
    {"runtime.workers", "{workers: [worker]}"},
    {"runtime_tasks", "{live: integer, spawned: integer, completed: integer, forced_yields: integer}"},
    {"runtime_workers", "{total: integer, parked: integer, searching: integer, stuck: integer}"},
    {"worker",
     "{worker: integer, tid: integer, state: worker_state, cpus?: text, "
     "current?: {task: text, name: text, plugin: text, poll_seconds: number}, queue_depth: integer, "
     "injector_depth: integer, polls: integer, parks: integer, park_unparks: integer, local_schedules: integer, "
     "noops: integer, steal_operations: integer, stolen_tasks: integer, overflows: integer, busy_seconds: number, "
     "mean_poll_seconds: number, poll_time: histogram, schedule_latency: histogram}"},
    {"worker_state", R"("running" | "searching" | "parked" | "blocking" | "stuck" | "paused" | "retired")"},
});

}  // namespace tokiod::wire::results
