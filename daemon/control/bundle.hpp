// Everything that somebody far away needs to find out what is wrong, as one archive: what the methods that look would
// answer to an observer, so that it holds no secret that they hide.
// Invariant: at most `most_bundle_bytes`; a part that is too long is cut, and says so.
// Threads:   [operation].
#pragma once
#include <string>

#include "control/backend.hpp"

namespace tokiod::control {

inline constexpr std::size_t most_part_bytes = std::size_t{2} << 20;
inline constexpr std::size_t most_bundle_bytes = std::size_t{16} << 20;

[[nodiscard]] std::string bundle_of(const backend& daemon);

}  // namespace tokiod::control
