// The verbs of operation.*. Part of ctl/verb.cpp.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr column operation_columns[] = {
    {"ID", "/id"}, {"METHOD", "/method"}, {"ABOUT", "/about"}, {"STATE", "/state"}, {"CLIENT", "/client"},
};

inline constexpr auto operation = std::to_array<verb>({
    {"operation cancel", "operation.cancel", by_id},
    {"operation list", "operation.list", {}, "operations", operation_columns},
    {"operation show", "operation.get", by_id},
});

}  // namespace tokiod::ctl::rows
