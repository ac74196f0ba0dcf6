// The verbs of resource.*. Part of ctl/verb.cpp.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr column resource_columns[] = {
    {"ID", "/id"},
    {"PARENT", "/parent"},
    {"PLUGIN", "/plugin"},
    {"KIND", "/kind"},
    {"TOTAL", "/total_seconds", format::seconds},
    {"TYPE", "/type"},
    {"VIS", "/visibility"},
    {"LOCATION", "/location"},
    {"ATTRIBUTES", "/attributes", format::attributes},
};

inline constexpr auto resource = std::to_array<verb>({
    {"resource list", "resource.list", {}, "resources", resource_columns},
    {"resource show", "resource.get", by_id},
});

}  // namespace tokiod::ctl::rows
