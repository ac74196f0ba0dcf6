#include <cmath>
#include <functional>

#include "control/methods/methods.hpp"
#include "control/view/plugin.hpp"
#include "wire/get.hpp"
#include "wire/instance_name.hpp"
#include "wire/parse.hpp"

namespace tokiod::control {
namespace {

// Who cancels the operation waits no longer: what still runs is aborted, and the drain goes on to its end.
drain_order drain_of(const json& params, const std::function<bool()>& cancelled) {
  if (!wire::find(params, "deadline_s")) return {std::nullopt, cancelled};
  return {static_cast<duration_ns>(std::llround(wire::number_or(params, "deadline_s", 0) * 1e9)), cancelled};
}

std::string config_of(const json& params) {
  const json* config = wire::find(params, "config");
  return config ? wire::dump(*config) : "{}";
}

json brief(const host::instance_view& instance) {
  json shown = {{"instance", instance.name}, {"plugin", instance.plugin}, {"state", name(instance.state)}};
  if (!instance.reason.empty()) shown["reason"] = instance.reason;
  return shown;
}

answer brief(const outcome<host::instance_view>& got) {
  if (!got) return refused(got.error());
  return brief(*got);
}

// ---- looking
answer plugin_list(const call_site& site, const json&) {
  json plugins = json::array();
  for (const auto& image : site.shared.daemon.plugins()) plugins.push_back(view(image, audience_of(site)));
  return json{{"plugins", std::move(plugins)}};
}

answer plugin_info(const call_site& site, const json& params) {
  const auto got = site.shared.daemon.plugin(wire::text_or(params, "plugin"));
  if (!got) return refused(got.error());
  return view(*got, audience_of(site));
}

answer plugin_inspect(const plane& shared, const json& params) {
  const auto got = shared.daemon.inspect(wire::text_or(params, "path"));
  if (!got) return refused(got.error());
  return view(*got);
}

answer plugin_scan(const plane& shared, const json&) { return view(shared.daemon.scan()); }

// ---- images
answer plugin_clear_quarantine(backend& daemon, const json& params) {
  const auto plugin = wire::text_or(params, "plugin");
  const auto cleared = daemon.clear_quarantine(plugin);
  if (!cleared) return refused(cleared.error());
  return json{{"plugin", plugin}};
}

host::load_request load_request_of(const json& params) {
  auto named = wire::text_or(params, "plugin");
  if (named.find('/') == std::string::npos) return {{}, std::move(named)};
  return {std::move(named), {}};
}

std::uint64_t limit_or_none(const json& params, std::string_view name) {
  return wire::find(params, name) ? static_cast<std::uint64_t>(wire::integer_or(params, name, 0)) : UINT64_MAX;
}

host::instance_limits limits_of(const json& params) {
  return {.max_tasks = limit_or_none(params, "max_tasks"),
          .max_bytes = limit_or_none(params, "max_memory_bytes"),
          .max_jobs = limit_or_none(params, "max_blocking_jobs"),
          .cpu_percent = static_cast<std::uint32_t>(wire::integer_or(params, "cpu_quota_percent", 0))};
}

host::start_request start_request_of(const json& params, const std::string& plugin) {
  host::start_request request;
  request.plugin = plugin;
  request.instance = wire::text_or(params, "instance");
  request.config = config_of(params);
  request.limits = limits_of(params);
  return request;
}

constexpr const char* settings[] = {"config", "max_tasks", "max_memory_bytes", "max_blocking_jobs",
                                    "cpu_quota_percent"};

// What belongs to an instance has no place where none is started; better said than forgotten.
std::optional<wire::rpc_error> for_nobody(const json& params) {
  const auto refuse_one = [](const char* name) {
    return wire::to_rpc_error({kind::invalid_params,
                               std::string(name) + " belongs to an instance, and start is false: none is started",
                               std::string("/") + name, "give it to plugin.start"});
  };
  if (wire::find(params, "instance")) return refuse_one("instance");
  for (const char* const name : settings)
    if (wire::find(params, name)) return refuse_one(name);
  return std::nullopt;
}

// The name that a new instance is given, if it is given one.
std::optional<wire::rpc_error> bad_name(const json& params) {
  const auto* const named = wire::find(params, "instance");
  if (!named || wire::is_instance_name(wire::text_or(params, "instance"))) return std::nullopt;
  return wire::to_rpc_error(
      {kind::invalid_params,
       "instance must be named with " + std::string(wire::instance_name_rule) + ", got " + wire::dump(*named),
       "/instance",
       {}});
}

// An image that was loaded for an instance which does not start serves nobody: it goes again.
answer start_failed(backend& daemon, const std::string& plugin, const refusal& why) {
  const auto gone = daemon.unload(plugin, {});
  json more = {{"plugin", plugin}, {"unmapped", gone && gone->unmapped}};
  return std::unexpected(wire::to_rpc_error(why, more));
}

answer plugin_load(backend& daemon, const json& params) {
  const bool starts = wire::boolean_or(params, "start", true);
  if (auto no = starts ? bad_name(params) : for_nobody(params)) return std::unexpected(std::move(*no));
  const auto loaded = daemon.load(load_request_of(params));
  if (!loaded) return refused(loaded.error());
  json shown = {{"plugin", loaded->plugin},
                {"state", name(loaded->state)},
                {"generation", loaded->generation},
                {"warnings", loaded->warnings}};
  if (!starts) return shown;
  const auto started = daemon.start(start_request_of(params, loaded->plugin));
  if (!started) return start_failed(daemon, loaded->plugin, started.error());
  shown["instance"] = brief(*started);
  return shown;
}

answer plugin_unload(backend& daemon, const json& params, const std::function<bool()>& cancelled) {
  const auto plugin = wire::text_or(params, "plugin");
  const auto report = daemon.unload(plugin, drain_of(params, cancelled));
  if (!report) return refused(report.error());
  return json{{"plugin", plugin},
              {"state", name(report->state)},
              {"unmapped", report->unmapped},
              {"blockers", report->blockers}};
}

answer plugin_reload(backend& daemon, const json& params, const std::function<bool()>& cancelled) {
  const auto plugin = wire::text_or(params, "plugin");
  const auto report = daemon.reload(plugin, wire::text_or(params, "path"), drain_of(params, cancelled));
  if (!report) return refused(report.error());
  return json{{"plugin", plugin},
              {"from", {{"generation", report->from}, {"version", report->from_version}}},
              {"to", {{"generation", report->to}, {"version", report->to_version}}},
              {"unmapped", report->old_image.unmapped},
              {"blockers", report->old_image.blockers}};
}

// ---- instances
answer plugin_start(backend& daemon, const json& params) {
  const auto instance = wire::text_or(params, "instance");
  const auto plugin = wire::text_or(params, "plugin");
  if (!plugin.empty()) {
    if (auto no = bad_name(params)) return std::unexpected(std::move(*no));
    return brief(daemon.start(start_request_of(params, plugin)));
  }
  const bool fresh = !daemon.instance(instance).has_value();
  // Unknown as an instance: it may be the name of a plugin that was loaded without starting it.
  if (fresh) return brief(daemon.start(start_request_of(params, instance)));
  for (const char* const own : settings)
    if (wire::find(params, own))
      return refused({kind::conflict, "the instance " + instance + " exists and keeps its configuration",
                      std::string("/") + own, "name its plugin to make a new instance"});
  return brief(daemon.start_again(instance));
}

answer plugin_stop(backend& daemon, const json& params, const std::function<bool()>& cancelled) {
  const auto instance = wire::text_or(params, "instance");
  const auto report = daemon.stop(instance, drain_of(params, cancelled));
  if (!report) return refused(report.error());
  return json{{"instance", instance},
              {"state", name(report->state)},
              {"aborted", view(report->aborted)},
              {"leaked", view(report->leaked)},
              {"blockers", report->blockers}};
}

answer plugin_restart(backend& daemon, const json& params, const std::function<bool()>& cancelled) {
  return brief(daemon.restart(wire::text_or(params, "instance"), drain_of(params, cancelled)));
}

outcome<host::call_id> plugin_call(backend& daemon, const json& params, std::shared_ptr<host::call_listener> listener) {
  std::optional<duration_ns> timeout;  // as configured
  if (wire::find(params, "timeout_s"))
    timeout = static_cast<duration_ns>(std::llround(wire::number_or(params, "timeout_s", 0) * 1e9));
  return daemon.call(wire::text_or(params, "instance"), wire::text_or(params, "method"),
                     wire::dump(*wire::find(params, "params")), std::move(listener), timeout);
}

}  // namespace

std::span<const binding> plugin_methods() {
  static constexpr binding bindings[] = {
      {"plugin.list", quick(plugin_list)},         {"plugin.info", quick(plugin_info)},
      {"plugin.inspect", reading(plugin_inspect)}, {"plugin.scan", reading(plugin_scan)},
      {"plugin.load", operation(plugin_load)},     {"plugin.unload", stoppable(plugin_unload)},
      {"plugin.reload", stoppable(plugin_reload)}, {"plugin.start", operation(plugin_start)},
      {"plugin.stop", stoppable(plugin_stop)},     {"plugin.restart", stoppable(plugin_restart)},
      {"plugin.call", deferred(plugin_call)},      {"plugin.clear_quarantine", operation(plugin_clear_quarantine)},
  };
  return bindings;
}

}  // namespace tokiod::control
