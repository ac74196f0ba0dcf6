#include "control/view/metrics.hpp"

#include <set>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/glob.hpp"
#include "control/methods/methods.hpp"
#include "control/metric_change.hpp"
#include "control/prometheus.hpp"
#include "control/view/time.hpp"
#include "wire/get.hpp"

namespace tokiod::control {
namespace {

std::vector<metric_family> matching(const plane& shared, const json& params) {
  auto families = shared.metrics();
  const auto match = wire::text_or(params, "match", "*");
  std::erase_if(families, [&](const metric_family& each) { return !matches(match, each.name); });
  return families;
}

answer metrics_get(const plane& shared, const json& params) {
  const auto now = wall_clock_ns();
  auto families = matching(shared, params);
  const auto name = wire::text_or(params, "since_mark");
  if (name.empty()) return view(families, "*", now);
  const auto mark = shared.marks->find(name);
  if (!mark)
    return refused({kind::not_found, "there is no mark " + name, "/since_mark",
                    "the newest " + std::to_string(metric_marks::most) + " marks are kept"});
  json shown = view(grown_since(std::move(families), *mark->values), "*", now);
  shown["since"] = seconds_of(mark->wall_ns);
  return shown;
}

answer metrics_expose(const plane& shared, const json& params) {
  const auto form = wire::text_or(params, "format") == "openmetrics" ? exposition::openmetrics : exposition::prometheus;
  return json{{"content_type", content_type(form)}, {"text", metrics_page(matching(shared, params), form)}};
}

answer metrics_describe(const plane& shared, const json& params) {
  json list = json::array();
  for (const auto& family : matching(shared, params)) {
    std::set<std::string> labels;
    for (const auto& each : family.samples)
      for (const auto& [label, value] : each.with) labels.insert(label);
    list.push_back({{"name", family.name},
                    {"type", name(family.type)},
                    {"unit", family.unit},
                    {"help", family.help},
                    {"labels", std::move(labels)}});
  }
  return json{{"metrics", std::move(list)}};
}

answer metrics_mark(const plane& shared, const json&) {
  const auto now = wall_clock_ns();
  const auto mark = shared.marks->set(shared.metrics(), now, shared.instance_id);
  return json{{"mark", mark}, {"ts", seconds_of(now)}};
}

}  // namespace

std::span<const binding> metrics_methods() {
  static constexpr binding bindings[] = {
      {"metrics.describe", reading(metrics_describe)},
      {"metrics.expose", reading(metrics_expose)},
      {"metrics.get", reading(metrics_get)},
      {"metrics.mark", reading(metrics_mark)},
  };
  return bindings;
}

}  // namespace tokiod::control
