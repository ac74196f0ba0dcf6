// Where the workers spend their time: their stacks, asked for so many times a second, folded: a line for each way down
// into the program, with how often it was met.
// Invariant: as many lines as `most_lines`; what does not fit is counted under one name.
// Threads:   stack_fold one at a time; profile_workers() waits, and asks only threads that poll.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "control/backend/diag.hpp"
#include "host/registry.hpp"
#include "runtime/runtime.hpp"

namespace tokiod::app {

class stack_fold {
 public:
  static constexpr std::size_t most_lines = 4096;
  static constexpr std::size_t most_bytes = std::size_t{1} << 20;

  // Outermost first. Semicolons in names become colons.
  void add(const std::vector<std::string>& names);
  [[nodiscard]] std::string text() const;  // "a;b;c 12\n"
  [[nodiscard]] std::size_t lines() const { return counts_.size(); }

 private:
  std::map<std::string, std::uint64_t, std::less<>> counts_;
  std::size_t bytes_ = 0;
  std::uint64_t other_ = 0;
};

[[nodiscard]] control::profile_report profile_workers(const tokiod::runtime& rt, const host::registry& plugins,
                                                      duration_ns length, std::uint32_t hz,
                                                      const std::function<bool()>& given_up);

}  // namespace tokiod::app
