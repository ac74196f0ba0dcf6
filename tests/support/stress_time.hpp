// How long a stress goes on: a second or two in an ordinary run, as long as somebody wants to wait otherwise.
// Threads: any.
#pragma once
#include <cstdlib>

#include "base/clock.hpp"

namespace tokiod::test {

// TOKIOD_STRESS_SECONDS says how long each of them may take (tests/README.md).
inline duration_ns stress_time() {
  const char* const asked = std::getenv("TOKIOD_STRESS_SECONDS");
  const long seconds = asked != nullptr ? std::strtol(asked, nullptr, 10) : 0;
  return seconds > 0 ? static_cast<duration_ns>(seconds) * second : 1500 * millisecond;
}
inline instant_ns stress_end() { return steady_clock().now() + stress_time(); }

}  // namespace tokiod::test
