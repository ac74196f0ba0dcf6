// Names against patterns: `*` stands for any text, `?` for any one character.
// Threads: pure functions [any].
#pragma once
#include <cstddef>
#include <string_view>

namespace tokiod {

// Linear: after a mismatch only the last star is retried, so no pattern makes it slow.
[[nodiscard]] constexpr bool matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0, star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace tokiod
