// Records of the log as the JSON that methods and events give. Names here are the protocol.
// Threads: pure functions [any].
#pragma once
#include "base/log.hpp"
#include "wire/json.hpp"

namespace tokiod::control {

using wire::json;

[[nodiscard]] json view(const log::record& r);
[[nodiscard]] json view(const log::level_report& speak, const log::record_counts& counts);

}  // namespace tokiod::control
