// The rows of log.*. Part of wire/method_table.cpp.
#pragma once
#include <array>

#include "wire/rows/common.hpp"

namespace tokiod::wire::rows {

inline constexpr sv log_levels[] = {"trace", "debug", "info", "warn", "error", "off"};
inline constexpr param log_set_params[] = {
    {"level", text, true, "the least severe record that is written", "", 0, 16, log_levels},
    {"target", text, false, "who speaks, as plugin.echo; absent: everybody without a level of his own", R"("")", 0,
     128},
};

inline constexpr auto log = std::to_array<method>({
    {"log.get",
     level::observe,
     always,
     {},
     "Which targets speak from which level on",
     "{level, targets, dropped}",
     {},
     "{}"},
    {"log.set",
     level::operate,
     always,
     log_set_params,
     "Changes a level until the daemon ends or reloads",
     "{level, targets, dropped}",
     {},
     R"({"level":"info"})"},
});

}  // namespace tokiod::wire::rows
