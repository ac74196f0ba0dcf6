// The rows of diag.*. Part of wire/method_table.cpp.
#pragma once
#include <array>

#include "wire/rows/common.hpp"

namespace tokiod::wire::rows {

inline constexpr param lint_params[] = {{"limit", integer, false, "at most this many", "1000", 1, 1000}};

inline constexpr auto diag = std::to_array<method>({
    {"diag.lint",
     level::observe,
     always,
     lint_params,
     "What looks wrong with the tasks that somebody listens to",
     "{findings:[{lint, task, plugin, name, location, sentence}], more, listening, paused}",
     {},
     "{}"},
});

}  // namespace tokiod::wire::rows
