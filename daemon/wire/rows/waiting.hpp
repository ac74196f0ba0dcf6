// The rows of timer.*, io.* and blocking.*: what tasks wait for. Part of wire/method_table.cpp.
#pragma once
#include <array>

#include "wire/rows/common.hpp"

namespace tokiod::wire::rows {

inline constexpr param waiting_params[] = {
    {"plugin", text, false, "only those of this instance, as far as one knows whose they are", "", 1, 128},
    {"limit", integer, false, "at most this many", "100", 1, 1000},
};

inline constexpr auto waiting = std::to_array<method>({
    {"blocking.list",
     level::observe,
     always,
     waiting_params,
     "Blocking jobs: those that run and for how long, then those that wait for a thread",
     "{jobs:[{plugin, state, seconds, tid?}], more}",
     {},
     R"({"limit":10})"},
    {"io.list",
     level::observe,
     always,
     waiting_params,
     "Sockets, pipes and other descriptors of plugins, what is ready of each, and which task waits for the rest",
     "{sources:[{fd, kind, local?, peer?, readable, writable, closed, error, reader?, writer?}], more}",
     {},
     R"({"limit":10})"},
    {"timer.list",
     level::observe,
     always,
     waiting_params,
     "Timers that are armed, the earliest first, and which task waits for each",
     "{timers:[{due_in_seconds, waiter?}], more}",
     {},
     R"({"limit":10})"},
});

}  // namespace tokiod::wire::rows
