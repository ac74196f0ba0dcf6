#include "control/view/log.hpp"

#include "base/log_catalogue.hpp"
#include "control/view/time.hpp"

namespace tokiod::control {

json view(const log::record& r) {
  json fields = json::object();
  for (const auto& each : r.fields)
    if (each.key != log::id_key) fields.emplace(each.key, each.value);
  json shown = {{"number", r.number},
                {"ts", seconds_of(r.wall_ns)},
                {"level", log::name(r.severity)},
                {"target", r.target},
                {"message", r.message},
                {"fields", std::move(fields)},
                {"file", r.file},
                {"line", r.line}};
  if (const auto id = log::message_id(r); !id.empty()) shown["message_id"] = id;
  return shown;
}

json view(const log::level_report& speak, const log::record_counts& counts) {
  json targets = json::object();
  for (const auto& [target, level] : speak.now.targets) targets[target] = log::name(level);
  json for_a_time = json::array();
  for (const auto& each : speak.for_a_time)
    for_a_time.push_back({{"target", each.target},
                          {"level", log::name(each.speaks)},
                          {"left_seconds", static_cast<double>(each.left) / 1e9}});
  return {{"level", log::name(speak.now.base)},
          {"targets", std::move(targets)},
          {"for_a_time", std::move(for_a_time)},
          {"dropped", counts.dropped},
          {"suppressed", counts.suppressed}};
}

}  // namespace tokiod::control
