// What diag.* answers with. Part of wire/results.cpp.
#pragma once
#include <array>

#include "wire/results.hpp"

namespace tokiod::wire::results {

inline constexpr auto diag = std::to_array<result_shape>({
    {"diag.lint",
     "{findings: [{lint: text, task: text, plugin: text, name: text, location: text, sentence: text}], more: boolean, "
     "listening: boolean, paused: boolean}"},
});

}  // namespace tokiod::wire::results
