// Tasks as the JSON that methods answer with. Names here are the protocol.
// Invariant: 64-bit ids are strings (t-12): numbers above 2^53 do not survive every client.
// Threads: pure functions [any].
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "control/backend/task.hpp"

namespace tokiod::control {

[[nodiscard]] std::string task_id_text(std::uint64_t id);                      // "t-12"
[[nodiscard]] std::optional<std::uint64_t> task_id_of(std::string_view text);  // 12

[[nodiscard]] json view(const task_info& task, bool histograms);
[[nodiscard]] json view(const task_trace& trace);
[[nodiscard]] json view(const task_changes& seen, std::int64_t wall_ns);

}  // namespace tokiod::control
