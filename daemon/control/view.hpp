// The backend's values as the JSON that methods answer with. Names here are the protocol.
// Invariant: 64-bit ids are strings (t-12): numbers above 2^53 do not survive every client.
// Threads:   pure functions [any].
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/backend.hpp"
#include "control/peer.hpp"

namespace tokiod::control {

[[nodiscard]] std::string task_id_text(std::uint64_t id);                      // "t-12"
[[nodiscard]] std::optional<std::uint64_t> task_id_of(std::string_view text);  // 12
[[nodiscard]] double seconds_of(std::int64_t ns);

[[nodiscard]] json view(const daemon_info& info, daemon_state state);
[[nodiscard]] json view(const config_status& status);
[[nodiscard]] json view(const runtime_info& info);
[[nodiscard]] json view(const worker_info& worker);
[[nodiscard]] json view(const task_info& task, bool histograms);
[[nodiscard]] json view(const task_changes& seen, std::int64_t wall_ns);
[[nodiscard]] json view(const host::instance_view& instance);
[[nodiscard]] json view(const host::image_view& image);
[[nodiscard]] json view(const host::image_info& info);
[[nodiscard]] json view(const host::inspection& seen);
[[nodiscard]] json view(const host::scan_result& result);
[[nodiscard]] json view(const std::vector<host::held>& held);
[[nodiscard]] json view(const std::vector<metric_family>& families, std::string_view match, std::int64_t wall_ns);

// Is it alive, is it ready: the checks decide.
struct health {
  bool live = true, ready = true;
  std::vector<health_check> checks;
};
[[nodiscard]] health health_of(std::vector<health_check> checks);
[[nodiscard]] json view(const health& seen, bool verbose);

}  // namespace tokiod::control
