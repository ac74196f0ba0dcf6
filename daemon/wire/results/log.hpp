// What log.* answers with. Part of wire/results.cpp.
#pragma once
#include <array>

#include "wire/results.hpp"

namespace tokiod::wire::results {

inline constexpr auto log = std::to_array<result_shape>({
    {"log.get", "log_levels"},
    {"log.set", "log_levels"},
    {"log_levels", "{level: text, targets: {*: text}, dropped: integer}"},
});

}  // namespace tokiod::wire::results
