// The rows of runtime.*. Part of wire/method_table.cpp.
#pragma once
#include <array>

#include "wire/rows/config.hpp"

namespace tokiod::wire::rows {

inline constexpr param runtime_resize_params[] = {
    {"worker_threads", integer, true, "how many workers there are to be", "", 1, 1024},
    {"timeout_s", number, false, "how long a worker may take to come back from its poll", "10", 0, most_seconds},
    wait,
    patience_s,
    reason,
};
inline constexpr kind e_resize[] = {kind::unsupported, kind::wrong_state, kind::timeout, kind::io_error};

inline constexpr param runtime_affinity_params[] = {
    {"worker", integer, true, "as runtime.workers numbers it", "", 0, 1023},
    {"cpus", text, true,
     "on which its thread is to run, as the kernel writes it: 0-3,6; all: any that the daemon may use", "", 1, 4096},
    wait,
    patience_s,
    reason,
};
inline constexpr kind e_affinity[] = {kind::out_of_range, kind::unsupported, kind::busy};
inline constexpr double longest_pause_s = 3600;
inline constexpr param runtime_pause_params[] = {
    {"for_s", number, true, "when it ends by itself, whoever is gone by then", "", 0.001, longest_pause_s},
    reason,
};
inline constexpr param runtime_resume_params[] = {reason};
inline constexpr kind e_pause[] = {kind::io_error, kind::unsupported, kind::wrong_state};
inline constexpr kind e_resume[] = {kind::wrong_state};
inline constexpr param runtime_blocking_params[] = {
    {"max_threads", integer, false, "so many blocking threads at most; those past it end when they have no job", "", 1,
     65'536},
    {"keep_alive_ms", integer, false, "how long an idle one waits for another job before it ends", "", 1,
     most_seconds * 1000},
    wait,
    patience_s,
    reason,
};

inline constexpr auto runtime = std::to_array<method>({
    {"runtime.affinity", level::operate, while_running, runtime_affinity_params,
     "Chooses the CPUs of a worker, also for threads that take its place later", "{before, after}", e_affinity,
     R"({"worker":0,"cpus":"all"})"},
    {"runtime.blocking", level::operate, while_running, runtime_blocking_params,
     "Changes the bounds of the blocking pool, until the daemon ends or they are changed again", "{before, after}",
     e_knob, R"({"max_threads":256})"},
    {"runtime.info",
     level::observe,
     always,
     {},
     "The runtime as a whole",
     "{flavor, workers, tasks, blocking, io, timers}",
     {},
     "{}"},
    {"runtime.pause", level::admin, while_running, runtime_pause_params,
     "Lets no worker take a task, for a time: polls that run end, sockets and timers wait, blocking jobs and the "
     "control "
     "plane go on. Another call changes for how long, from now",
     "{on, left_seconds, reason?}", e_pause, R"({"for_s":5,"reason":"a snapshot of the disk"})"},
    {"runtime.resize", level::operate, while_running, runtime_resize_params,
     "Starts workers, or retires those with the highest numbers, while tasks run. Retiring are those that are gone but "
     "for a thread in a poll that does not end",
     "{before, after, retiring}", e_resize, R"({"worker_threads":2})"},
    {"runtime.resume", level::admin, while_running, runtime_resume_params, "Ends the pause of the workers", "{on}",
     e_resume, "{}"},
    {"runtime.workers",
     level::observe,
     always,
     {},
     "Every worker and what it runs now",
     "{workers:[{worker, tid, state, current?, queue_depth, ...}]}",
     {},
     "{}"},
});

}  // namespace tokiod::wire::rows
