// Moments and durations as the numbers that methods answer with.
// Threads: pure functions [any].
#pragma once
#include <cstdint>

namespace tokiod::control {

[[nodiscard]] inline double seconds_of(std::int64_t ns) { return static_cast<double>(ns) / 1e9; }

}  // namespace tokiod::control
