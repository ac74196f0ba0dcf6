// Call stacks as people read them: a line for each thread or task, and a line for each frame below it.
// Threads: pure functions [any].
#pragma once
#include <string>

#include "wire/json.hpp"

namespace tokiod::ctl {

using wire::json;

// Of the answer of diag.stacks.
[[nodiscard]] std::string stacks_text(const json& result);
// Of the answer of task.dump.
[[nodiscard]] std::string traces_text(const json& result);

}  // namespace tokiod::ctl
