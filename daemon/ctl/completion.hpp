// Completion scripts, made from the verbs and the method table.
// Threads: pure functions [any].
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace tokiod::ctl {

[[nodiscard]] std::string completion_script(std::string_view shell);  // bash, zsh or fish

}  // namespace tokiod::ctl
