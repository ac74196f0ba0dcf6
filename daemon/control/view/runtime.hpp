// The runtime and its workers as the JSON that methods answer with. Names here are the protocol.
// Threads: pure functions [any].
#pragma once
#include "control/backend/runtime.hpp"

namespace tokiod::control {

[[nodiscard]] json view(const runtime_info& info);
[[nodiscard]] json view(const worker_info& worker);

}  // namespace tokiod::control
