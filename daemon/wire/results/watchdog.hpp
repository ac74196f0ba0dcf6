// What watchdog.* answers with. Part of wire/results.cpp.
#pragma once
#include <array>

#include "wire/results.hpp"

namespace tokiod::wire::results {

inline constexpr auto watchdog = std::to_array<result_shape>({
    {"watchdog.get", "watchdog"},
    {"watchdog.set", "watchdog"},
    {"watchdog",
     "{warn_ms: integer, critical_ms: integer, policy: text, for_a_time: [{name: text, left_seconds: number}]}"},
});

}  // namespace tokiod::wire::results
