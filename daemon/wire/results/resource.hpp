// What resource.* answers with. Part of wire/results.cpp.
#pragma once
#include <array>

#include "wire/results.hpp"

namespace tokiod::wire::results {

inline constexpr auto resource = std::to_array<result_shape>({
    {"async_op",
     "{id: text, plugin: text, resource: text, source: text, poll: {name: text, is_ready: boolean, now: boolean}, "
     "polls: integer, created: number, total_seconds: number, busy_seconds: number, idle_seconds: number, "
     "parent?: text, task?: text, dropped?: number, last_poll_started?: number, last_poll_ended?: number}"},
    {"attribute", "{name: text, value: number | boolean, unit?: text}"},
    {"resource",
     "{id: text, plugin: text, type: text, kind: text, visibility: resource_visibility, from_birth: boolean, "
     "location: text, created: number, total_seconds: number, attributes: [attribute], parent?: text, "
     "dropped?: number, more_attributes?: boolean}"},
    {"resource.get", "{...resource, async_ops: [async_op], more: boolean}"},
    {"resource.list", "{resources: [resource], total: integer, next_cursor?: text}"},
    {"resource_visibility", R"("public" | "internal")"},
});

}  // namespace tokiod::wire::results
