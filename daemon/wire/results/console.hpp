// What console.* answers with. Part of wire/results.cpp.
#pragma once
#include <array>

#include "wire/results.hpp"

namespace tokiod::wire::results {

inline constexpr auto console = std::to_array<result_shape>({
    {"console.pause", "{paused: boolean}"},
    {"console.resume", "{paused: boolean}"},
});

}  // namespace tokiod::wire::results
