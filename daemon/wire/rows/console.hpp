// The rows of console.*. Part of wire/method_table.cpp.
#pragma once
#include <array>

#include "wire/rows/common.hpp"

namespace tokiod::wire::rows {

inline constexpr auto console = std::to_array<method>({
    {"console.pause",
     level::operate,
     always,
     {},
     "Writes nothing down of tasks until console.resume, for all who listen; what is known stays",
     "{paused}",
     {},
     "{}"},
    {"console.resume", level::operate, always, {}, "Goes on writing down what tasks do", "{paused}", {}, "{}"},
});

}  // namespace tokiod::wire::rows
