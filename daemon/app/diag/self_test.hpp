// Whether the parts of the running daemon work, found out by using each.
// Invariant: changes nothing that lasts; waits for a part no longer than `patience`.
// Threads:   [operation].
#pragma once
#include <string>
#include <vector>

#include "control/backend/diag.hpp"
#include "runtime/runtime.hpp"

namespace tokiod::app {

inline constexpr duration_ns self_test_patience = 2 * second;

[[nodiscard]] std::vector<control::self_check> self_test(tokiod::runtime& rt, const std::string& state);

}  // namespace tokiod::app
