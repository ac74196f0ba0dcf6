// What is wrong with a command line that names no command or no option, and what was meant: CLI11 says only that one is
// required, or that an argument was not expected.
// Threads: pure functions [any].
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace tokiod::ctl {

// One sentence; nothing if every word up to the command is known.
[[nodiscard]] std::optional<std::string> unknown_command(const std::vector<std::string>& args);
// Nothing if every option that was written is one of the command's.
[[nodiscard]] std::optional<std::string> unknown_option(const std::vector<std::string>& args);

}  // namespace tokiod::ctl
