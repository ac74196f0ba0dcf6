#include "control/view/daemon.hpp"
#include "control/methods/methods.hpp"
#include "control/view/runtime.hpp"
#include "wire/get.hpp"

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
  return json{{"version", about.version},
              {"pid", about.pid},
              {"state", name(daemon.state())},
              {"ready", seen.ready},
              {"uptime_seconds", about.uptime_seconds},
              {"workers", runtime["workers"]},
              {"tasks", runtime["tasks"]},
              {"plugins", plugins_of(images)},
              {"config", view(config)},
              {"warnings", warnings_of(seen, config, images)}};
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

}  // namespace

std::span<const binding> daemon_methods() {
  static constexpr binding bindings[] = {
      {"daemon.info", quick(show_daemon)},
      {"daemon.health", quick(daemon_health)},
      {"daemon.status", quick(daemon_status)},
      {"daemon.shutdown", quick(daemon_shutdown)},
  };
  return bindings;
}

}  // namespace tokiod::control
