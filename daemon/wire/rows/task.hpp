// The rows of task.*. Part of wire/method_table.cpp.
#pragma once
#include <array>

#include "wire/rows/common.hpp"

namespace tokiod::wire::rows {

inline constexpr sv task_states[] = {"idle", "queued", "running", "done"};
inline constexpr sv task_orders[] = {"id",   "running", "total", "busy",       "scheduled",
                                     "idle", "polls",   "wakes", "self_wakes", "bytes"};
inline constexpr param task_list_params[] = {
    {"plugin", text, false, "only tasks of this instance", "", 1, 128},
    {"state", text, false, "only tasks in this state", "", 0, 16, task_states},
    {"name", text, false, "only tasks whose name matches: conn*", "", 1, 256},
    {"location", text, false, "only tasks that are spawned where this matches: *accept.cpp:*", "", 1, 256},
    {"sort", text, false, "the largest first, which makes one page; by id there are several", R"("id")", 0, 16,
     task_orders},
    {"limit", integer, false, "at most this many", "100", 1, 1000},
    {"cursor", text, false, "next_cursor of the page before", "", 1, 64},
};
inline constexpr param task_id = {"id", text, true, "as task.list gives it: t-12", "", 3, 32};
inline constexpr param task_id_params[] = {task_id};
inline constexpr param task_get_params[] = {
    task_id,
    {"histograms", boolean, false, "also how its polls and waits are spread", "false"},
};

inline constexpr sv dumped_states[] = {"idle", "queued", "running"};
inline constexpr param task_dump_params[] = {
    {"id", text, false, "only this one", "", 3, 32},
    {"plugin", text, false, "only tasks of this instance", "", 1, 128},
    {"state", text, false, "only tasks in this state", "", 0, 16, dumped_states},
    {"limit", integer, false, "at most this many", "100", 1, 1000},
    {"cursor", text, false, "next_cursor of the page before", "", 1, 64},
};

inline constexpr kind e_list[] = {kind::invalid_params};

inline constexpr auto task = std::to_array<method>({
    {"task.cancel", level::operate, until_the_end, task_id_params, "Ends a task at its next poll edge", "{id, state}",
     e_found, R"({"id":"t-1"})"},
    {"task.dump", level::observe, always, task_dump_params,
     "Where tasks wait: their chains of awaits, innermost first; nothing is polled for it",
     "{tasks:[{id, plugin, name, state, location, trace:[{fn, file, line, depth}], cut?, unsupported?}], total, "
     "next_cursor?}",
     e_found, R"({"id":"t-1"})"},
    {"task.get", level::observe, always, task_get_params, "One task, with its times and wakes while somebody listens",
     "{id, plugin, name, state, location, stats?, ...}", e_found, R"({"id":"t-1","histograms":true})"},
    {"task.list", level::observe, always, task_list_params,
     "Live tasks, oldest first; in the state done those that ended while somebody listened",
     "{tasks, total, next_cursor?}", e_list, R"({"limit":10,"name":"*","sort":"busy"})"},
    {"task.wake", level::admin, until_the_end, task_id_params,
     "Has a task polled once more, as a wake does: shows whether one was lost", "{id}", e_found, R"({"id":"t-1"})"},
});

}  // namespace tokiod::wire::rows
