#include "control/view/daemon.hpp"
#include "control/methods/methods.hpp"
#include "control/view/runtime.hpp"
#include "wire/get.hpp"
#include "wire/named_error.hpp"

namespace tokiod::control {
namespace {

answer show_daemon(const call_site& site, const json&) {
  return view(site.shared.daemon.info(), site.shared.daemon.state());
}

answer daemon_health(const call_site& site, const json& params) {
  return view(health_of(site.shared.daemon.health()), wire::boolean_or(params, "verbose", true));
}

// One line for everything that an administrator should look at.
json warnings_of(const control::health& seen, const config_status& config,
                 const std::vector<host::image_view>& images) {
  json warnings = json::array();
  for (const auto& check : seen.checks)
    if (!check.ok) warnings.push_back(check.name + ": " + check.detail);
  if (config.reloaded && !config.last_reload_ok)
    warnings.push_back("the last reload was refused: " + config.last_problem);
  if (config.unconfirmed)
    warnings.push_back("configuration revision " + std::to_string(*config.unconfirmed) +
                       " is taken back unless config.confirm comes");
  if (!config.needs_restart.empty())
    warnings.push_back("a restart is needed for " + config.needs_restart.front() +
                       (config.needs_restart.size() > 1 ? " and others" : ""));
  else if (config.drift)
    warnings.push_back("the configuration that runs is not the one that a restart would load");
  for (const auto& image : images) {
    if (!image.reason.empty())
      warnings.push_back("plugin " + image.name + " is " + std::string(name(image.state)) + ": " + image.reason);
    for (const auto& instance : image.instances)
      if (!instance.reason.empty())
        warnings.push_back("instance " + instance.name + " is " + std::string(name(instance.state)) + ": " +
                           instance.reason);
  }
  return warnings;
}

json plugins_of(const std::vector<host::image_view>& images) {
  std::size_t instances = 0, running = 0;
  for (const auto& image : images)
    for (const auto& instance : image.instances) {
      ++instances;
      if (instance.state == host::instance_state::running) ++running;
    }
  return {{"loaded", images.size()}, {"instances", instances}, {"running", running}};
}

answer daemon_status(const call_site& site, const json&) {
  const auto& daemon = site.shared.daemon;
  const auto about = daemon.info();
  const auto seen = health_of(daemon.health());
  const auto config = daemon.config();
  const auto images = daemon.plugins();
  const json runtime = view(daemon.runtime());
  json status = {{"version", about.version},
                 {"pid", about.pid},
                 {"state", name(daemon.state())},
                 {"ready", seen.ready},
                 {"uptime_seconds", about.uptime_seconds},
                 {"workers", runtime["workers"]},
                 {"tasks", runtime["tasks"]},
                 {"plugins", plugins_of(images)},
                 {"config", view(config)},
                 {"maintenance", view(daemon.maintenance())},
                 {"warnings", warnings_of(seen, config, images)}};
  if (const auto crash = daemon.last_crash()) status["last_crash"] = facts_of(*crash);
  return status;
}

answer daemon_shutdown(const call_site& site, const json& params) {
  shutdown_order order;
  order.drain = wire::text_or(params, "mode") == "drain";
  if (wire::find(params, "deadline_s")) order.deadline_s = wire::number_or(params, "deadline_s", 0);
  order.exit_code = static_cast<int>(wire::integer_or(params, "exit_code", 0));
  order.reason = wire::text_or(params, "reason");
  if (const auto begun = site.shared.daemon.shutdown(order); !begun) return refused(begun.error());
  return json{{"mode", order.drain ? "drain" : "now"},
              {"state", name(daemon_state::draining)}};  // nothing takes it back
}

answer daemon_maintenance(const call_site& site, const json& params) {
  maintenance_order order;
  order.on = wire::boolean_or(params, "on", false);
  if (wire::find(params, "for_s")) order.for_s = wire::number_or(params, "for_s", 0);
  order.reason = wire::text_or(params, "reason");
  const auto now = site.shared.daemon.maintain(order);
  site.shared.publish("daemon.maintenance", view(now));
  return view(now);
}

answer daemon_upgrade(backend& daemon, const json& params, const std::function<bool()>& given_up) {
  upgrade_order order;
  order.program = wire::text_or(params, "exe");
  if (const auto* const args = wire::find(params, "args")) order.args = args->get<std::vector<std::string>>();
  order.deadline_s = wire::number_or(params, "deadline_s", order.deadline_s);
  order.reason = wire::text_or(params, "reason");
  const auto report = daemon.upgrade(order, given_up);
  if (report) return json{{"new_pid", report->pid}, {"generation", report->generation}};
  const auto& no = report.error();
  if (no.stage.empty()) return refused(no.why);
  auto error = wire::to_rpc_error(
      no.why, {{"kind", wire::upgrade_failed.name}, {"stage", no.stage}, {"stderr", no.standard_error}});
  error.code = wire::upgrade_failed.code;
  return std::unexpected(std::move(error));
}

answer daemon_crashes(const plane& shared, const json& params) {
  json list = json::array();
  const auto limit = static_cast<std::size_t>(wire::integer_or(params, "limit", 32));
  for (const auto& crash : shared.daemon.crashes(limit)) list.push_back(view(crash));
  return json{{"crashes", std::move(list)}};
}

}  // namespace

std::span<const binding> daemon_methods() {
  static constexpr binding bindings[] = {
      {"daemon.crashes", reading(daemon_crashes)},   {"daemon.info", quick(show_daemon)},
      {"daemon.health", quick(daemon_health)},       {"daemon.maintenance", quick(daemon_maintenance)},
      {"daemon.status", quick(daemon_status)},       {"daemon.shutdown", quick(daemon_shutdown)},
      {"daemon.upgrade", stoppable(daemon_upgrade)},
  };
  return bindings;
}

}  // namespace tokiod::control
