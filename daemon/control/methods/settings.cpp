// Methods for single settings of the configuration that an operator changes, for a time or until the process ends.
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "control/methods/methods.hpp"
#include "wire/get.hpp"
#include "wire/patch.hpp"

namespace tokiod::control {
namespace {

// A parameter, and the setting that it changes.
struct knob {
  const char* name;
  const char* path;
};

constexpr knob watchdog_knobs[] = {{"warn_ms", "/runtime/stuck_after_ms"},
                                   {"critical_ms", "/watchdog/stuck_after_ms"},
                                   {"policy", "/watchdog/policy"}};

constexpr knob blocking_knobs[] = {{"max_threads", "/runtime/max_blocking_threads"},
                                   {"keep_alive_ms", "/runtime/thread_keep_alive_ms"}};

config_order change_of(const json& params, std::string_view by) {
  config_order order;
  order.by = by;
  order.reason = wire::text_or(params, "reason");
  order.persist = wire::boolean_or(params, "persist", false);
  order.lasts = static_cast<duration_ns>(std::llround(wire::number_or(params, "for_s", 0) * 1e9));
  return order;
}

outcome<json> value_at(const backend& daemon, std::string_view path) {
  config_query asked;
  asked.path = path;
  auto found = daemon.config_get(asked, config::audience::everybody);
  if (!found) return found;
  return std::move((*found)["value"]);
}

outcome<json> values_of(const backend& daemon, std::span<const knob> knobs) {
  json values = json::object();
  for (const auto& each : knobs) {
    auto value = value_at(daemon, each.path);
    if (!value) return value;
    values[each.name] = std::move(*value);
  }
  return values;
}

// Those that are given, as one change.
answer turn(backend& daemon, std::span<const knob> knobs, const json& params, std::string_view how,
            std::string_view by) {
  json patch = json::object();
  for (const auto& each : knobs)
    if (const auto* const wanted = wire::find(params, each.name)) patch[json::json_pointer(each.path)] = *wanted;
  if (patch.empty())
    return refused(
        {kind::missing_param, std::string(how) + " says nothing to change", std::string("/") + knobs[0].name, {}});
  return daemon.config_patch(patch, how, change_of(params, by));
}

json in_seconds(duration_ns time) { return static_cast<double>(time) / 1e9; }

answer show_watchdog(const backend& daemon) {
  auto values = values_of(daemon, watchdog_knobs);
  if (!values) return refused(values.error());
  json passing = json::array();
  for (const auto& each : watchdog_knobs)
    if (const auto left = daemon.config_left(each.path))
      passing.push_back({{"name", each.name}, {"left_seconds", in_seconds(*left)}});
  (*values)["for_a_time"] = std::move(passing);
  return std::move(*values);
}

answer watchdog_get(const call_site& site, const json&) { return show_watchdog(site.shared.daemon); }

answer watchdog_set(backend& daemon, const json& params, std::string_view by) {
  if (auto done = turn(daemon, watchdog_knobs, params, "watchdog.set", by); !done) return done;
  return show_watchdog(daemon);
}

answer runtime_blocking(backend& daemon, const json& params, std::string_view by) {
  auto before = values_of(daemon, blocking_knobs);
  if (!before) return refused(before.error());
  if (auto done = turn(daemon, blocking_knobs, params, "runtime.blocking", by); !done) return done;
  auto after = values_of(daemon, blocking_knobs);
  if (!after) return refused(after.error());
  return json{{"before", std::move(*before)}, {"after", std::move(*after)}};
}

// The configured instances that a name means: the one of that name, or all of the plugin.
outcome<std::vector<std::string>> instances_named(const backend& daemon, const std::string& name) {
  const auto all = value_at(daemon, "/plugins/instances");
  if (!all) return std::unexpected(all.error());
  if (all->contains(name)) return std::vector{name};
  std::vector<std::string> found;
  for (const auto& [instance, as] : all->items())
    if (wire::text_or(as, "plugin") == name) found.push_back(instance);
  if (!found.empty()) return found;
  auto no =
      refuse(kind::not_found, "the configuration has no instance ", name.substr(0, 60), ", and none of such a plugin");
  no.error().hint = "plugin.start and plugin.stop are for instances that it does not know";
  return no;
}

answer enable(backend& daemon, const json& params, std::string_view by, bool enabled) {
  const auto order = change_of(params, by);
  if (order.persist && order.lasts != 0)
    return refused({kind::invalid_params, "what is for a time cannot outlive the process", "/persist", {}});
  const auto instances = instances_named(daemon, wire::text_or(params, "plugin"));
  if (!instances) return refused(instances.error());
  const auto path_of = [](const std::string& name) { return wire::pointer("/plugins/instances", name) + "/enabled"; };
  json patch = json::object();
  for (const auto& each : *instances) patch[json::json_pointer(path_of(each))] = enabled;
  if (auto done = daemon.config_patch(patch, enabled ? "plugin.enable" : "plugin.disable", order); !done) return done;
  json shown = {{"enabled", enabled}, {"instances", *instances}};
  if (const auto left = daemon.config_left(path_of(instances->front()))) shown["left_seconds"] = in_seconds(*left);
  return shown;
}

answer plugin_enable(backend& daemon, const json& params, std::string_view by) {
  return enable(daemon, params, by, true);
}
answer plugin_disable(backend& daemon, const json& params, std::string_view by) {
  return enable(daemon, params, by, false);
}

}  // namespace

std::span<const binding> settings_methods() {
  static constexpr binding bindings[] = {
      {"plugin.disable", attributed(plugin_disable)},     {"plugin.enable", attributed(plugin_enable)},
      {"runtime.blocking", attributed(runtime_blocking)}, {"watchdog.get", quick(watchdog_get)},
      {"watchdog.set", attributed(watchdog_set)},
  };
  return bindings;
}

}  // namespace tokiod::control
