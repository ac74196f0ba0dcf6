#include "app/live/daemon.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "app/build_commit.hpp"
#include "app/show.hpp"
#include "base/log.hpp"
#include "host/abi_version.hpp"

namespace tokiod::app {
namespace {

control::daemon_state state_of(const supervisor& main) {
  switch (main.state()) {
    case life::starting: return control::daemon_state::starting;
    case life::running: return control::daemon_state::running;
    case life::draining: return control::daemon_state::draining;
  }
  return control::daemon_state::starting;
}

control::maintenance_info shown(const maintenance::view& seen) {
  return {seen.on, seen.left ? std::optional(seconds(*seen.left)) : std::nullopt, seen.reason};
}

control::crash_info shown(const crash& of) {
  return {.file = of.file,
          .time = of.time,
          .signal = of.signal,
          .plugin = of.plugin,
          .instance = of.instance,
          .task = of.task,
          .name = of.name,
          .place = of.place,
          .worker = of.worker,
          .held = of.held,
          .frames = of.frames};
}

std::string said_so(const std::string& reason, std::optional<duration_ns> left) {
  std::string text = "somebody said so";
  if (!reason.empty()) text += " (" + reason + ")";
  if (left) text += ", for " + std::to_string(*left / second + 1) + " s";
  return text;
}

}  // namespace

control::daemon_state live_daemon::state() const { return state_of(parts_.life); }

control::daemon_info live_daemon::info() const {
  control::daemon_info i;
  i.version = TOKIOD_VERSION;
  i.commit = build_commit;
  i.abi = host::abi_version();
  i.compiler = __VERSION__;
  i.pid = ::getpid();
  i.uid = ::getuid();
  i.started_wall_ns = parts_.facts.started_wall_ns;
  i.uptime_seconds = seconds(steady_clock().now() - parts_.facts.started);
  i.command_line = parts_.facts.command_line;
  i.config_files = parts_.config.current()->files;
  i.generation = parts_.facts.generation;
  i.systemd_notify = parts_.manager.listened();
  i.systemd_watchdog_us = parts_.manager.watchdog() / microsecond;
  return i;
}

std::vector<control::health_check> live_daemon::health() const {
  std::vector<control::health_check> checks;
  const auto now = parts_.life.state();
  checks.push_back({"running", now == life::running, std::string(wire::name(state())), false});
  const auto values = parts_.config.current();
  const bool stuck = all_workers_stuck(parts_.rt.snapshot(), values->values.watchdog.stuck_after_ms * millisecond);
  checks.push_back({"workers", !stuck, stuck ? "every worker is stuck in one poll" : "",
                    values->values.watchdog.policy == "all_workers"});
  std::string down;
  for (const auto& [name, as] : values->values.plugins.instances) {
    const auto there = parts_.plugins.instance(name);
    if (as.enabled && (!there || there->state != host::instance_state::running))
      down += (down.empty() ? "" : ", ") + name;
  }
  checks.push_back({"plugins", down.empty(), down.empty() ? "" : "not running: " + down, false});
  const auto reload = parts_.config.status();
  // What was refused changed nothing: a slip in a file must not take a service out of its place.
  checks.push_back({"config", reload.last_ok, reload.last_problem, false, true});
  const auto upkeep = parts_.upkeep.now();
  const auto pause = parts_.pause.now(parts_.rt);
  checks.push_back(
      {"pause", !pause.on, pause.on ? "no worker takes a task: " + said_so(pause.reason, pause.left) : "", false});
  checks.push_back({"maintenance", !upkeep.on, upkeep.on ? said_so(upkeep.reason, upkeep.left) : "", false});
  return checks;
}

control::maintenance_info live_daemon::maintenance() const { return shown(parts_.upkeep.now()); }

control::maintenance_info live_daemon::maintain(const control::maintenance_order& order) {
  if (order.on) {
    const auto lasts =
        order.for_s ? std::optional(static_cast<duration_ns>(*order.for_s * ns_per_second)) : std::nullopt;
    parts_.upkeep.begin(lasts, order.reason);
  } else {
    parts_.upkeep.end();
  }
  const auto now = parts_.upkeep.now();
  log::info("daemon", now.on ? "not ready: maintenance" : "maintenance is over", {{"reason", order.reason}});
  return shown(now);
}

std::vector<control::crash_info> live_daemon::crashes(std::size_t limit) const {
  std::vector<control::crash_info> all;
  for (const auto& one : parts_.crashes.latest(limit)) all.push_back(shown(one));
  return all;
}

std::optional<control::crash_info> live_daemon::last_crash() const {
  const crash* const last = parts_.crashes.last();
  return last != nullptr ? std::optional(shown(*last)) : std::nullopt;
}

outcome<void> live_daemon::shutdown(const control::shutdown_order& order) {
  if (parts_.life.state() != life::running)
    return refuse(kind::wrong_state, "the daemon is ", wire::name(state()), ", so it cannot begin to stop");
  stop_order stop;
  stop.drain = order.drain;
  if (order.deadline_s) stop.deadline = static_cast<duration_ns>(*order.deadline_s * ns_per_second);
  stop.exit_code = order.exit_code;
  stop.reason = order.reason.empty() ? "daemon.shutdown" : order.reason;
  parts_.life.request_stop(std::move(stop));
  return {};
}

bool all_workers_stuck(const runtime_view& view, duration_ns limit) {
  return !view.workers.empty() && std::ranges::all_of(view.workers, [&](const worker_view& w) {
    const bool stuck = w.task != 0 && w.state != metrics::worker_state::blocking && w.running_for >= limit;
    return w.state == metrics::worker_state::retired || stuck;
  });
}

bool any_poll_stuck(const tokiod::runtime& rt, duration_ns limit) {
  const auto stuck = [limit](const task_view& one) { return !one.blocks && one.running_for >= limit; };
  return std::ranges::any_of(rt.tasks(nullptr, SIZE_MAX), stuck);
}

std::string status_line(const live_parts& parts) {
  const auto view = parts.rt.snapshot();
  std::string line(wire::name(state_of(parts.life)));
  if (parts.upkeep.now().on) line += " (maintenance)";
  if (parts.pause.now(parts.rt).on) line += " (paused)";
  line += ", " + std::to_string(view.active_workers) + " workers, " +
          std::to_string(parts.rt.metrics().all_tasks().live()) + " tasks";
  const char* before = "; plugins: ";
  for (const auto& image : parts.plugins.list()) {
    for (const auto& i : image.instances) {
      if (i.state == host::instance_state::stopped) continue;
      line += before + i.name;
      if (i.state != host::instance_state::running) line += std::string(" (") + std::string(name(i.state)) + ")";
      before = ", ";
    }
  }
  return line;
}

}  // namespace tokiod::app
