// Plugins and their instances as the JSON that methods answer with. Names here are the protocol.
// Threads: pure functions [any].
#pragma once
#include <vector>

#include "control/backend/plugin.hpp"

namespace tokiod::control {

[[nodiscard]] json view(const host::instance_view& instance);
[[nodiscard]] json view(const host::image_view& image);
[[nodiscard]] json view(const host::image_info& info);
[[nodiscard]] json view(const host::inspection& seen);
[[nodiscard]] json view(const host::scan_result& result);
[[nodiscard]] json view(const std::vector<host::held>& held);

}  // namespace tokiod::control
