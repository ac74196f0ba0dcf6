// The verbs of task.*. Part of ctl/verb.cpp.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr column task_columns[] = {
    {"ID", "/id"},
    {"PLUGIN", "/plugin"},
    {"NAME", "/name"},
    {"STATE", "/state"},
    {"WORKER", "/worker"},
    {"FOR", "/running_seconds", format::seconds},
    {"TOTAL", "/stats/total_seconds", format::seconds},
    {"BUSY", "/stats/busy_seconds", format::seconds},
    {"SCHED", "/stats/scheduled_seconds", format::seconds},
    {"IDLE", "/stats/idle_seconds", format::seconds},
    {"POLLS", "/stats/polls", format::count},
    {"LOCATION", "/location"},
};

inline constexpr auto task = std::to_array<verb>({
    {"task cancel", "task.cancel", by_id, {}, {}, "cancel the task"},
    {"task dump", "task.dump", by_id},
    {"task list", "task.list", {}, "tasks", task_columns},
    {"task show", "task.get", by_id},
    {"task wake", "task.wake", by_id},
});

}  // namespace tokiod::ctl::rows
