// tokiod run: one plugin in the foreground, without control sockets, until it finishes.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>

#include "app/daemon.hpp"
#include "app/instances.hpp"
#include "app/supervisor.hpp"
#include "app/wiring.hpp"

namespace tokiod::app {
namespace {

constexpr duration_ns runtime_grace = 2 * second;
constexpr duration_ns look_again = 200 * millisecond;  // whether a signal has ended the run meanwhile
constexpr std::string_view instance_name = "main";

// Asks the supervisor to stop once the instance has said its status.
class finish_watch {
 public:
  finish_watch(host::registry& plugins, supervisor& life) : plugins_(plugins), life_(life) {}

  [[nodiscard]] result<void> start() {
    auto thread = os_thread::start({.name = "tokiod-finish"}, [this] { watch(); });
    if (!thread) return std::unexpected(thread.error());
    thread_ = std::move(*thread);
    return {};
  }
  void join() {
    ending_.store(true, std::memory_order_relaxed);  // a flag alone; the join orders the rest
    if (thread_.joinable()) thread_.join();
  }

 private:
  void watch() {
    while (!ending_.load(std::memory_order_relaxed)) {
      const auto status = plugins_.wait_finished(instance_name, time_.now() + look_again);
      if (!status) continue;
      stop_order order;
      order.exit_code = *status;
      order.reason = "the plugin has finished";
      return life_.request_stop(std::move(order));
    }
  }

  host::registry& plugins_;
  supervisor& life_;
  const steady_clock time_;
  std::atomic<bool> ending_{false};
  os_thread thread_;
};

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
  config::plugin_instance as;
  as.plugin = absolute(o.plugin);
  as.config = o.plugin_config;
  if (const auto up = bring_up(plugins, std::string(instance_name), as); !up)
    return fail(exit_failed, up.error().sentence);
  finish_watch watch(plugins, life);
  if (const auto started = watch.start(); !started) return fail(exit_internal, started.error().text());
  supervisor::actions act;
  act.reload = [](const std::string&) { log::info("daemon", "run has no configuration to reload"); };
  act.drain = [&](const stop_order& order) {
    const auto configured = values.values.shutdown.deadline_ms * millisecond;
    const instant_ns deadline = time.now() + (order.drain ? configured : 0);
    const bool clean = plugins.stop_all(deadline);
    return (*rt)->stop(std::max(deadline, time.now()) + runtime_grace) == stop_result::drained && clean;
  };
  act.hurry = [&] { (void)plugins.stop_all(time.now()); };
  act.healthy = [] { return true; };
  act.status = [] { return std::string(); };
  act.changed = [](app::life) {};
  const auto end = life.run(act);
  log::flush();
  if (end.threads_left || end.exit_code == exit_abandoned) ::_exit(end.exit_code);
  watch.join();
  log::stop();
  return end.exit_code;
}

}  // namespace tokiod::app
