// The daemon as a whole as the JSON that methods answer with. Names here are the protocol.
// Threads: pure functions [any].
#pragma once
#include <cstdint>
#include <vector>

#include "control/backend/config.hpp"
#include "control/backend/daemon.hpp"

namespace tokiod::control {

[[nodiscard]] json view(const daemon_info& info, daemon_state state);
[[nodiscard]] json view(const config_status& status);
[[nodiscard]] json view(const passing_info& now);
[[nodiscard]] json facts_of(const crash_info& crash);  // without the frames
[[nodiscard]] json view(const crash_info& crash);

// Is it alive, is it ready: the checks decide.
struct health {
  bool live = true, ready = true;
  std::vector<health_check> checks;
};
[[nodiscard]] health health_of(std::vector<health_check> checks);
[[nodiscard]] json view(const health& seen, bool verbose);

}  // namespace tokiod::control
