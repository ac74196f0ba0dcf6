// What the page of GET / draws, as one JSON object: GET /page.json.
// Invariant: bounded, whatever runs; nothing that changes anything, and no configuration.
// Threads:   [reader].
#pragma once
#include <cstddef>

#include "control/plane.hpp"

namespace tokiod::control {

inline constexpr std::size_t shown_workers = 256, shown_instances = 200, shown_tasks = 50;
// A walk over all tasks costs time for each; of more than these none is shown.
inline constexpr std::size_t walked_tasks = 20'000;

[[nodiscard]] json overview(const plane& shared);

}  // namespace tokiod::control
