// The JSON of what diagnosis gives. Internal to control/.
// Threads: pure functions [any].
#pragma once
#include "control/backend/diag.hpp"
#include "control/doctor.hpp"

namespace tokiod::control {

[[nodiscard]] json view(const lint_info& found);
[[nodiscard]] json view(const stack_info& thread);
[[nodiscard]] json view(const slow_info& one);
[[nodiscard]] json view(const doctor_finding& found);

}  // namespace tokiod::control
