// Words that are the same in capitals and in small letters: names in headers, titles that a person types.
// Threads: pure functions [any].
#pragma once
#include <algorithm>
#include <cctype>
#include <string_view>

namespace tokiod {

// ASCII letters only, whatever the locale of the terminal.
[[nodiscard]] inline bool same_in_any_case(std::string_view one, std::string_view other) {
  const auto small = [](unsigned char c) { return c < 0x80 ? std::tolower(c) : c; };
  return std::ranges::equal(one, other, {}, small, small);
}

}  // namespace tokiod
