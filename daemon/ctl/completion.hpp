// Completion scripts. A script knows no command: at every press of the Tab key it asks `tokioctl __complete`, which
// knows what the parser takes and what the daemon has. Threads: pure functions [any].
#pragma once
#include <string_view>

namespace tokiod::ctl {

[[nodiscard]] std::string_view completion_script(std::string_view shell);  // bash, zsh or fish

}  // namespace tokiod::ctl
