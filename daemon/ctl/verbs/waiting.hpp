// The verbs of timer.*, io.* and blocking.*. Part of ctl/verb.cpp.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr column job_columns[] = {
    {"PLUGIN", "/plugin"}, {"STATE", "/state"}, {"FOR", "/seconds", format::seconds}, {"TID", "/tid"}};
inline constexpr column source_columns[] = {
    {"FD", "/fd"},
    {"KIND", "/kind"},
    {"LOCAL", "/local"},
    {"PEER", "/peer"},
    {"READABLE", "/readable"},
    {"WRITABLE", "/writable"},
    {"READER", "/reader/task"},
    {"WRITER", "/writer/task"},
    {"PLUGIN", "/reader/plugin"},
    {"NAME", "/reader/name"},
};
inline constexpr column timer_columns[] = {{"DUE IN", "/due_in_seconds", format::seconds},
                                           {"TASK", "/waiter/task"},
                                           {"PLUGIN", "/waiter/plugin"},
                                           {"NAME", "/waiter/name"}};

inline constexpr auto waiting = std::to_array<verb>({
    {"blocking list", "blocking.list", {}, "jobs", job_columns},
    {"io list", "io.list", {}, "sources", source_columns},
    {"timer list", "timer.list", {}, "timers", timer_columns},
});

}  // namespace tokiod::ctl::rows
