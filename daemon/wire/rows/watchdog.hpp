// The rows of watchdog.*. Part of wire/method_table.cpp.
#pragma once
#include <array>

#include "wire/rows/config.hpp"

namespace tokiod::wire::rows {

inline constexpr sv watchdog_policies[] = {"control", "any_worker", "all_workers"};
inline constexpr param watchdog_set_params[] = {
    {"warn_ms", integer, false,
     "a poll that lasts longer is reported, and if it holds up others its worker goes on with another thread; 0: "
     "neither",
     "", 0, most_seconds * 1000},
    {"critical_ms", integer, false, "a worker whose poll lasts longer counts as stuck", "", 10, 3'600'000},
    {"policy", text, false, "when the service manager's watchdog is fed, as config.schema says", "", 0, 16,
     watchdog_policies},
    for_s,
    wait,
    patience_s,
    reason,
};
inline constexpr sv watchdog_result = "{warn_ms, critical_ms, policy, for_a_time:[{name, left_seconds}]}";

inline constexpr auto watchdog = std::to_array<method>({
    {"watchdog.get",
     level::observe,
     always,
     {},
     "When a poll is reported, when its worker counts as stuck, and what the service manager is told then",
     watchdog_result,
     {},
     "{}"},
    {"watchdog.set", level::operate, while_running, watchdog_set_params,
     "Changes that, for a time or until the daemon ends", watchdog_result, e_knob, R"({"warn_ms":500,"for_s":60})"},
});

}  // namespace tokiod::wire::rows
