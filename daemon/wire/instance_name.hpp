// What an instance may be called, in a configuration as over the control socket: its name is a word of metrics, of log
// targets and of commands.
// Threads: pure functions [any].
#pragma once
#include <algorithm>
#include <string_view>

namespace tokiod::wire {

inline constexpr std::string_view instance_name_rule = "1..64 of a-z, 0-9, _ and -";

[[nodiscard]] inline bool is_instance_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

}  // namespace tokiod::wire
