// What task.* answers with. Part of wire/results.cpp.
#pragma once
#include <array>

#include "wire/results.hpp"

namespace tokiod::wire::results {

inline constexpr auto task = std::to_array<result_shape>({
    {"task",
     "{id: text, plugin: text, name: text, state: task_state, cancelled: boolean, location: text, worker?: integer, "
     "running_seconds?: number, stats?: task_stats}"},
    {"task.cancel", R"({id: text, state: "cancelling"})"},
    {"task.dump", "{tasks: [task_trace], total: integer, next_cursor?: text}"},
    {"task.get", "task"},
    {"task.list", "{tasks: [task], total: integer, next_cursor?: text}"},
    {"task.wake", "{id: text}"},
    {"task_state", R"("idle" | "queued" | "running" | "done")"},
    // Moments are Unix seconds, and absent while they are to come; times only where histograms were asked for.
    {"task_stats",
     "{kind: text, from_birth: boolean, bytes: integer, created: number, total_seconds: number, busy_seconds: number, "
     "scheduled_seconds: number, idle_seconds: number, polls: integer, wakes: integer, self_wakes: integer, "
     "warnings: [{lint: text, sentence: text}], dropped?: number, last_wake?: number, first_poll?: number, "
     "last_poll_started?: number, last_poll_ended?: number, end?: text, parent?: text, function?: text, "
     "column?: integer, poll_times?: task_times, scheduled_times?: task_times}"},
    {"task_times", "{...histogram, longer: {count: integer, longest_seconds: number}}"},
    // Innermost first; depth: how many of the places behind it wait for it.
    {"task_trace",
     "{...task, trace: [{fn: text, file: text, line: integer, depth: integer}], cut?: boolean, unsupported?: text}"},
});

}  // namespace tokiod::wire::results
