#include "control/methods/methods.hpp"
#include "control/view/task.hpp"
#include "wire/get.hpp"

namespace tokiod::control {
namespace {

answer console_pause(const call_site& site, const json&) {
  return json{{"paused", site.shared.daemon.pause_tasks(true)}};
}

answer console_resume(const call_site& site, const json&) {
  return json{{"paused", site.shared.daemon.pause_tasks(false)}};
}

// False: there are more than `most`.
bool add_findings(const task_info& task, std::size_t most, json& findings) {
  for (const auto& one : task.stats->warnings) {
    if (findings.size() == most) return false;
    findings.push_back({{"lint", one.lint},
                        {"task", task_id_text(task.id)},
                        {"plugin", task.plugin},
                        {"name", task.name},
                        {"location", task.location},
                        {"sentence", one.sentence}});
  }
  return true;
}

// Of all tasks that somebody listens to; `listening` says whether that is anybody.
answer diag_lint(const plane& shared, const json& params) {
  const auto most = static_cast<std::size_t>(wire::integer_or(params, "limit", 1000));
  json findings = json::array();
  const auto seen = shared.daemon.changes({.since = 0, .after_id = 0, .began = 0, .limit = SIZE_MAX});
  bool more = false;
  for (const auto& task : seen.tasks) {
    more = !add_findings(task, most, findings);
    if (more) break;
  }
  return json{
      {"findings", std::move(findings)}, {"more", more}, {"listening", seen.listening}, {"paused", seen.paused}};
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
