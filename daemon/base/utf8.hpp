// Text that somebody else chose, as UTF-8.
// Threads: pure functions [any].
#pragma once
#include <cstddef>
#include <string_view>

namespace tokiod {

inline constexpr std::string_view utf8_replacement = "\xEF\xBF\xBD";  // for a byte that begins no sequence

// Bytes of the UTF-8 sequence that `text` begins with; 0: it begins with none.
[[nodiscard]] constexpr std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned lead = at(0);
  const std::size_t length = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2 : (lead & 0xF0) == 0xE0 ? 3 : 4;
  if (text.empty() || (lead >= 0x80 && lead < 0xC2) || lead > 0xF4) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((at(i) & 0xC0) != 0x80) return 0;
  const bool overlong = (lead == 0xE0 && at(1) < 0xA0) || (lead == 0xF0 && at(1) < 0x90);
  const bool outside = (lead == 0xED && at(1) >= 0xA0) || (lead == 0xF4 && at(1) >= 0x90);
  return overlong || outside ? 0 : length;
}

}  // namespace tokiod
