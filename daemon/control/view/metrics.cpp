#include "control/view/metrics.hpp"

#include "base/glob.hpp"
#include "control/prometheus.hpp"
#include "control/view/time.hpp"

namespace tokiod::control {
namespace {

json view(const sample& each, metric_type type) {
  json shown = json::object();
  json with = json::object();
  for (const auto& [key, value] : each.with) with[key] = value;
  if (!with.empty()) shown["labels"] = std::move(with);
  if (type != metric_type::histogram) {
    shown["value"] = each.value;
    return shown;
  }
  json upto = json::array();
  for (const auto& [bound, count] : each.spread.upto) upto.push_back({{"le", bound}, {"count", count}});
  shown["buckets"] = std::move(upto);
  shown["count"] = each.spread.count;
  shown["sum"] = each.spread.sum;
  return shown;
}

json view(const metric_family& family) {
  json shown = {{"name", family.name},
                {"type", name(family.type)},
                {"unit", family.unit},
                {"help", family.help},
                {"samples", json::array()}};
  for (const auto& each : family.samples) shown["samples"].push_back(view(each, family.type));
  return shown;
}

}  // namespace

json view(const std::vector<metric_family>& families, std::string_view match, std::int64_t wall_ns) {
  json shown = json::array();
  for (const auto& family : families)
    if (matches(match, family.name)) shown.push_back(view(family));
  return {{"ts", seconds_of(wall_ns)}, {"families", std::move(shown)}};
}

}  // namespace tokiod::control
