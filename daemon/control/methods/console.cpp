#include "control/methods/methods.hpp"
#include "control/view.hpp"

namespace tokiod::control {
namespace {

answer console_pause(const call_site& site, const json&) {
  return json{{"paused", site.shared.daemon.pause_tasks(true)}};
}

answer console_resume(const call_site& site, const json&) {
  return json{{"paused", site.shared.daemon.pause_tasks(false)}};
}

// Of all tasks that somebody listens to.
answer diag_lint(const plane& shared, const json&) {
  json findings = json::array();
  for (const auto& task : shared.daemon.changes(0, SIZE_MAX).tasks)
    for (const auto& one : task.stats->warnings)
      findings.push_back({{"lint", one.lint},
                          {"task", task_id_text(task.id)},
                          {"plugin", task.plugin},
                          {"name", task.name},
                          {"location", task.location},
                          {"sentence", one.sentence}});
  return json{{"findings", std::move(findings)}};
}

}  // namespace

std::span<const binding> console_methods() {
  static constexpr binding bindings[] = {
      {"console.pause", quick(console_pause)},
      {"console.resume", quick(console_resume)},
      {"diag.lint", reading(diag_lint)},
  };
  return bindings;
}

}  // namespace tokiod::control
