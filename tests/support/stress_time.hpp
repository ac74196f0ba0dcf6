// How long a stress goes on: a second or two in an ordinary run, as long or as much as somebody wants otherwise, and
// with which random choices (tests/README.md).
//   TOKIOD_STRESS_SECONDS     how long each case takes
//   TOKIOD_STRESS_WAKES ...   how much a case does, instead: each case says which of these it knows
//   TOKIOD_STRESS_SEED        what is chosen; without it something new each time, which is printed
// Threads: any.
#pragma once
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace tokiod::test {

// 0: it is not set.
inline std::uint64_t stress_number(const std::string& name) {
  const char* const text = std::getenv(name.c_str());
  if (text == nullptr) return 0;
  std::uint64_t number = 0;
  const std::string_view digits(text);
  const auto [end, failed] = std::from_chars(digits.begin(), digits.end(), number);
  if (failed == std::errc() && end == digits.end() && number != 0) return number;
  throw std::invalid_argument(name + " must be a number from 1 to 2^64 - 1, got '" + text + "'");
}

class stress_goal {
 public:
  // `what` is done: "WAKES", for TOKIOD_STRESS_WAKES.
  explicit stress_goal(const char* what) : wanted_(stress_number(std::string("TOKIOD_STRESS_") + what)) {
    const std::uint64_t seconds = stress_number("TOKIOD_STRESS_SECONDS");
    end_ = steady_clock().now() + (seconds != 0 ? seconds * second : 1500 * millisecond);
  }
  // So much has been done by now.
  [[nodiscard]] bool reached(std::uint64_t done) const {
    return wanted_ != 0 ? done >= wanted_ : steady_clock().now() >= end_;
  }

 private:
  std::uint64_t wanted_;  // 0: by time
  instant_ns end_;
};

inline std::uint64_t stress_seed() {
  const std::uint64_t asked = stress_number("TOKIOD_STRESS_SEED");
  return asked != 0 ? asked : steady_clock().now();
}

}  // namespace tokiod::test
