// What the files that export metrics share. Internal to app/.
// Threads: pure functions [any].
#pragma once
#include <cstdint>

#include "control/metric_family.hpp"

namespace tokiod::app {

[[nodiscard]] inline double number(std::uint64_t value) { return static_cast<double>(value); }

// A family of one sample without labels.
[[nodiscard]] inline control::metric_family single(const char* name, control::metric_type type, const char* unit,
                                                   const char* help, double value) {
  return {name, type, unit, help, {{{}, value, {}}}};
}

}  // namespace tokiod::app
