// The verbs of runtime.*. Part of ctl/verb.cpp.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr sv by_workers[] = {"worker_threads"};
inline constexpr sv by_max_threads[] = {"max_threads"};
inline constexpr sv by_worker_and_cpus[] = {"worker", "cpus"};
inline constexpr column worker_columns[] = {
    {"WORKER", "/worker"},
    {"TID", "/tid"},
    {"CPUS", "/cpus"},
    {"STATE", "/state"},
    {"TASK", "/current/task"},
    {"PLUGIN", "/current/plugin"},
    {"FOR", "/current/poll_seconds", format::seconds},
    {"QUEUE", "/queue_depth", format::count},
    {"POLLS", "/polls", format::count},
    {"STEALS", "/steal_operations", format::count},
    {"PARKS", "/parks", format::count},
    {"BUSY", "/busy_seconds", format::seconds},
};

inline constexpr sv by_for[] = {"for_s"};
inline constexpr auto runtime = std::to_array<verb>({
    {"blocking resize", "runtime.blocking", by_max_threads},
    {"runtime", "runtime.info"},
    {"worker affinity", "runtime.affinity", by_worker_and_cpus},
    {"worker list", "runtime.workers", {}, "workers", worker_columns},
    {"worker pause", "runtime.pause", by_for, {}, {}, "let no task run for seconds:"},
    {"worker resize", "runtime.resize", by_workers},
    {"worker resume", "runtime.resume"},
});

}  // namespace tokiod::ctl::rows
