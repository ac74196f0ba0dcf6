#include "control/view/daemon.hpp"

#include "control/view/time.hpp"

namespace tokiod::control {
namespace {

json view(const health_check& check) { return {{"name", check.name}, {"ok", check.ok}, {"detail", check.detail}}; }

}  // namespace

json view(const daemon_info& info, daemon_state state) {
  return {{"version", info.version},
          {"commit", info.commit},
          {"abi", info.abi},
          {"compiler", info.compiler},
          {"pid", info.pid},
          {"uid", info.uid},
          {"state", name(state)},
          {"generation", info.generation},
          {"started", seconds_of(info.started_wall_ns)},
          {"uptime_seconds", info.uptime_seconds},
          {"command_line", info.command_line},
          {"config_files", info.config_files},
          {"systemd", {{"notify", info.systemd_notify}, {"watchdog_usec", info.systemd_watchdog_us}}}};
}

json view(const config_status& status) {
  json shown = {{"revision", status.revision}, {"drift", status.drift}};
  if (!status.needs_restart.empty()) shown["needs_restart"] = status.needs_restart;
  if (status.unconfirmed)
    shown["pending_confirm"] = {{"revision", *status.unconfirmed}, {"revert_in_seconds", status.revert_in_seconds}};
  if (!status.reloaded) return shown;
  shown["last_reload"] = {{"ok", status.last_reload_ok}, {"time", seconds_of(status.last_reload_wall_ns)}};
  if (!status.last_problem.empty()) shown["last_reload"]["problem"] = status.last_problem;
  return shown;
}

json view(const passing_info& now) {
  json shown = {{"on", now.on}};
  if (now.left_seconds) shown["left_seconds"] = *now.left_seconds;
  if (!now.reason.empty()) shown["reason"] = now.reason;
  return shown;
}

json facts_of(const crash_info& crash) {
  json shown = {{"file", crash.file}, {"time", crash.time}, {"signal", crash.signal}, {"quarantined", crash.held}};
  if (!crash.plugin.empty()) shown["plugin"] = crash.plugin;
  if (!crash.instance.empty()) shown["instance"] = crash.instance;
  if (crash.worker >= 0) shown["worker"] = crash.worker;
  if (!crash.task.empty()) shown["task"] = {{"id", crash.task}, {"name", crash.name}, {"location", crash.place}};
  return shown;
}

json view(const crash_info& crash) {
  json shown = facts_of(crash);
  shown["frames"] = crash.frames;
  return shown;
}

health health_of(std::vector<health_check> checks) {
  health seen;
  for (const auto& check : checks) {
    if (!check.ok && !check.advice) seen.ready = false;
    if (!check.ok && check.vital) seen.live = false;
  }
  seen.checks = std::move(checks);
  return seen;
}

json view(const health& seen, bool verbose) {
  json checks = json::array();
  for (const auto& check : seen.checks)
    if (verbose || !check.ok) checks.push_back(view(check));
  return {{"live", seen.live}, {"ready", seen.ready}, {"checks", std::move(checks)}};
}

}  // namespace tokiod::control
