// What is wrong with the daemon, in sentences: what its lints, checks and numbers say together, the worst first, each
// with the evidence and a command that shows more.
// Invariant: says nothing that the facts do not say; one finding for many subjects of the same lint.
// Threads:   pure functions [any].
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "control/backend/daemon.hpp"
#include "control/backend/diag.hpp"
#include "control/backend/runtime.hpp"
#include "control/metric_family.hpp"

namespace tokiod::control {

struct doctor_facts {
  std::vector<lint_info> lints;
  std::vector<health_check> checks;
  std::vector<metric_family> metrics;
  runtime_info runtime;
  duration_ns loop_lag = 0;
};

struct doctor_finding {
  std::string severity;  // info, warning, error
  std::string finding;   // one sentence
  std::string evidence;
  std::string command;  // of tokioctl
};

[[nodiscard]] std::vector<doctor_finding> diagnose(const doctor_facts& facts);
// The severity of the worst; "" when there is none.
[[nodiscard]] std::string worst_of(const std::vector<doctor_finding>& all);

}  // namespace tokiod::control
