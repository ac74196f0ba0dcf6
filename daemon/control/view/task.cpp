#include "control/view/task.hpp"

#include "control/id_text.hpp"
#include "control/view/time.hpp"

namespace tokiod::control {

std::string task_id_text(std::uint64_t id) { return "t-" + std::to_string(id); }

std::optional<std::uint64_t> task_id_of(std::string_view text) { return id_after("t-", text); }

json view(const task_info& task, bool histograms) {
  json shown = {{"id", task_id_text(task.id)}, {"plugin", task.plugin},       {"name", task.name},
                {"state", task.state},         {"cancelled", task.cancelled}, {"location", task.location}};
  if (task.worker >= 0) shown["worker"] = task.worker;
  if (task.worker >= 0) shown["running_seconds"] = task.running_seconds;
  if (task.stats) shown["stats"] = view(*task.stats, histograms);
  return shown;
}

json view(const task_trace& trace) {
  json shown = view(trace.task, false);
  shown["trace"] = json::array();
  for (const auto& at : trace.places)
    shown["trace"].push_back({{"fn", at.function}, {"file", at.file}, {"line", at.line}, {"depth", at.depth}});
  if (trace.cut) shown["cut"] = true;
  if (!trace.unsupported.empty()) shown["unsupported"] = trace.unsupported;
  return shown;
}

json view(const task_changes& seen, std::int64_t wall_ns) {
  json shown = {{"now", seconds_of(wall_ns)},
                {"tasks", json::array()},
                {"paused", seen.paused},
                {"dropped_events", seen.dropped}};
  for (const auto& task : seen.tasks) shown["tasks"].push_back(view(task, false));
  return shown;
}

}  // namespace tokiod::control
