// Ids as text: a letter that says of what, and a number. Numbers above 2^53 do not survive every client.
// Threads:   pure functions.
#pragma once
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tokiod::control {

// "t-12" is 12 after "t-".
[[nodiscard]] inline std::optional<std::uint64_t> id_after(std::string_view prefix, std::string_view text) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  std::uint64_t id = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return id;
}

}  // namespace tokiod::control
