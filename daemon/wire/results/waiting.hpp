// What timer.*, io.* and blocking.* answer with. Part of wire/results.cpp.
#pragma once
#include <array>

#include "wire/results.hpp"

namespace tokiod::wire::results {

inline constexpr auto waiting = std::to_array<result_shape>({
    {"blocking.list",
     R"({jobs: [{plugin: text, state: "running" | "waiting", seconds: number, tid?: integer}], more: boolean})"},
    {"io.list",
     "{sources: [{fd: integer, kind: text, local?: text, peer?: text, readable: boolean, writable: boolean, "
     "closed: boolean, error: boolean, reader?: waiter, writer?: waiter}], more: boolean}"},
    {"timer.list", "{timers: [{due_in_seconds: number, waiter?: waiter}], more: boolean}"},
    {"waiter", "{task: text, plugin: text, name: text}"},
});

}  // namespace tokiod::wire::results
