// Methods that need a higher level for some of what they are asked than for the rest.
// Threads: pure functions [any].
#pragma once
#include "wire/json.hpp"
#include "wire/method.hpp"

namespace tokiod::control {

// The row with the level that this request needs: of config.set and config.unset by the setting.
[[nodiscard]] wire::method stricter(const wire::method& row, const wire::json& params);

}  // namespace tokiod::control
