// tokiod run: one plugin in the foreground, without control sockets, until it finishes.
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "app/daemon.hpp"
#include "app/instances.hpp"
#include "app/supervisor.hpp"
#include "app/wiring.hpp"

namespace tokiod::app {
namespace {

constexpr duration_ns look_again = 200 * millisecond;  // whether a signal has ended the run meanwhile
constexpr std::string_view instance_name = "main";

// Waits for the instance to end, and asks the supervisor to stop with its status.
void watch(host::registry& plugins, supervisor& life, const clock& time) {
  while (life.state() != life::draining) {
    const auto status = plugins.wait_finished(instance_name, time.now() + look_again);
    if (!status) continue;
    return life.request_stop({true, {}, *status, "the plugin has finished"});
  }
}

std::string absolute(const std::string& plugin) {
  std::error_code ignored;
  const bool is_file = plugin.ends_with(".so") && std::filesystem::exists(plugin, ignored);
  return is_file ? std::filesystem::absolute(plugin, ignored).string() : plugin;
}

}  // namespace

int run_plugin(const options& o, const config::loaded& values) {
  start_log(values.values.log);
  const auto fail = [](int code, const std::string& sentence) {
    log::error("daemon", sentence);
    log::stop();
    return code;
  };
  const steady_clock time;
  notifier manager = notifier("", 0, time);
  supervisor life(manager, time);
  if (const auto opened = life.open(); !opened) return fail(exit_internal, opened.error().text());
  auto rt = tokiod::runtime::start(runtime_options_of(values.values.runtime));
  if (!rt) return fail(exit_unavailable, rt.error().sentence);
  host::registry plugins(**rt, registry_options_of(values.values.plugins));
  if (const auto fine = plugins.usable(); !fine) return fail(exit_unavailable, fine.error().sentence);
  config::plugin_instance as;
  as.plugin = absolute(o.plugin);
  as.config = o.plugin_config;
  supervisor::actions act;
  act.start = [&] {
    if (const auto up = bring_up(plugins, std::string(instance_name), as); !up) {
      log::error("daemon", up.error().sentence);
      return life.request_stop({true, {}, exit_failed, "the plugin did not start"});
    }
    watch(plugins, life, time);
  };
  act.reload = [](const std::string&) { log::info("daemon", "run has no configuration to reload"); };
  act.drain = [&](const stop_order& order) {
    const auto configured = values.values.shutdown.deadline_ms * millisecond;
    const instant_ns deadline = time.now() + (order.drain ? configured : 0);
    const bool clean = plugins.stop_all(deadline);
    return (*rt)->stop(std::max(deadline, time.now()) + runtime_grace) == stop_result::drained && clean;
  };
  act.hurry = [&] { (void)plugins.stop_all(time.now()); };
  act.remaining = [] { return std::uint64_t{0}; };  // no service manager listens
  act.healthy = [] { return true; };
  act.status = [] { return std::string(); };
  act.changed = [](app::life) {};
  const auto end = life.run(act);
  log::flush();
  if (end.threads_left || end.exit_code == exit_abandoned) ::_exit(end.exit_code);
  log::stop();
  return end.exit_code;
}

}  // namespace tokiod::app
