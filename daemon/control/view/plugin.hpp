// Plugins and their instances as the JSON that methods answer with. Names here are the protocol.
// Threads: pure functions [any].
#pragma once
#include <vector>

#include "config/secrets.hpp"
#include "control/backend/plugin.hpp"

namespace tokiod::control {

// What instances are configured with is shown as far as the caller may see it.
[[nodiscard]] json view(const host::image_view& image, config::audience to);
[[nodiscard]] json view(const host::image_info& info, config::audience to);
[[nodiscard]] json view(const host::inspection& seen);
[[nodiscard]] json view(const host::scan_result& result);
[[nodiscard]] json view(const std::vector<host::held>& held);

}  // namespace tokiod::control
