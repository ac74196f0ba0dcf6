// The rows of resource.*. Part of wire/method_table.cpp.
#pragma once
#include <array>

#include "wire/rows/common.hpp"

namespace tokiod::wire::rows {

inline constexpr param resource_list_params[] = {
    {"plugin", text, false, "only resources of this instance", "", 1, 128},
    {"kind", text, false, "only those of this kind: Sync, timer", "", 1, 64},
    {"type", text, false, "only those of this type: Mutex, Sleep", "", 1, 64},
    {"dropped", boolean, false, "those that are gone, instead of those that are there", "false"},
    {"limit", integer, false, "at most this many", "100", 1, 1000},
    {"cursor", text, false, "next_cursor of the page before", "", 1, 64},
};
inline constexpr param resource_get_params[] = {{"id", text, true, "as resource.list gives it: r-12", "", 3, 32}};

inline constexpr auto resource = std::to_array<method>({
    {"resource.get", level::observe, always, resource_get_params,
     "One lock, channel or timer, and what waits for it, while somebody listens",
     "{id, plugin, type, kind, visibility, location, attributes, async_ops:[...], more, ...}", e_found,
     R"({"id":"r-1"})"},
    {"resource.list",
     level::observe,
     always,
     resource_list_params,
     "Locks, channels and timers that are known while somebody listens, oldest first",
     "{resources:[{id, plugin, type, kind, visibility, location, attributes, parent?, ...}], total, next_cursor?}",
     {},
     R"({"limit":10})"},
});

}  // namespace tokiod::wire::rows
