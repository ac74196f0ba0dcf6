#include "control/view.hpp"

#include "base/glob.hpp"
#include "control/id_text.hpp"
#include "control/prometheus.hpp"
#include "wire/get.hpp"
#include "wire/parse.hpp"

namespace tokiod::control {
namespace {

json version_text(std::uint32_t major, std::uint32_t minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

// Configurations and plugin schemas come as text that a plugin or a file gave: shown as JSON where it is some.
json embedded(const std::string& text) {
  if (text.empty()) return nullptr;
  auto parsed = wire::parse(text);
  return parsed ? std::move(*parsed) : json(text);
}

json view(const host::usage_view& use) {
  return {{"tasks_live", use.tasks_live},
          {"tasks_spawned", use.tasks_spawned},
          {"tasks_panicked", use.tasks_panicked},
          {"polls", use.polls},
          {"poll_seconds", static_cast<double>(use.poll_ns) / 1e9},
          {"blocking_cpu_seconds", static_cast<double>(use.job_cpu_ns) / 1e9},
          {"slow_polls", use.slow_polls},
          {"throttled_seconds", static_cast<double>(use.throttled_ns) / 1e9},
          {"wakes", use.wakes},
          {"forced_yields", use.forced_yields},
          {"memory_bytes", use.memory_bytes},
          {"sockets", use.sockets},
          {"timers", use.timers},
          {"operations", use.operations},
          {"children", use.children},
          {"signals", use.signals},
          {"files", use.files},
          {"jobs", use.jobs},
          {"leases", use.leases},
          {"registrations", use.registrations},
          {"calls", use.calls},
          {"metrics", use.metrics},
          {"read_bytes", use.read_bytes},
          {"written_bytes", use.written_bytes}};
}

json limit(std::uint64_t value) { return value == UINT64_MAX ? json(nullptr) : json(value); }

// As they are called in the configuration; null: none.
json view(const host::instance_limits& limits) {
  return {{"max_tasks", limit(limits.max_tasks)},
          {"max_memory_bytes", limit(limits.max_bytes)},
          {"max_blocking_jobs", limit(limits.max_jobs)},
          {"cpu_quota_percent", limits.cpu_percent == 0 ? json(nullptr) : json(limits.cpu_percent)},
          {"may_resize", limits.may_resize}};
}

json view(const host::method_view& method) {
  return {{"name", method.name}, {"summary", method.summary}, {"params_schema", embedded(method.params_schema)}};
}

json view(const host::finding& finding) {
  return {{"verdict", name(finding.weight)}, {"rule", finding.rule}, {"sentence", finding.sentence}};
}

json view(const host::found_plugin& found) {
  return {{"name", found.name},
          {"id", found.id},
          {"version", found.version},
          {"path", found.path},
          {"loaded", found.loaded}};
}

json view(const host::rejected_file& file) { return {{"path", file.path}, {"why", file.why}}; }

json view(const health_check& check) { return {{"name", check.name}, {"ok", check.ok}, {"detail", check.detail}}; }

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

// Outside the unnamed namespace, whose own view()s would hide those of the header.
template <class Value>
static json all(const std::vector<Value>& values) {
  json list = json::array();
  for (const auto& each : values) list.push_back(view(each));
  return list;
}

std::string task_id_text(std::uint64_t id) { return "t-" + std::to_string(id); }

std::optional<std::uint64_t> task_id_of(std::string_view text) { return id_after("t-", text); }

double seconds_of(std::int64_t ns) { return static_cast<double>(ns) / 1e9; }

json view(const daemon_info& info, daemon_state state) {
  return {{"version", info.version},
          {"abi", info.abi},
          {"compiler", info.compiler},
          {"pid", info.pid},
          {"uid", info.uid},
          {"state", name(state)},
          {"started", seconds_of(info.started_wall_ns)},
          {"uptime_seconds", info.uptime_seconds},
          {"command_line", info.command_line},
          {"config_files", info.config_files},
          {"systemd", {{"notify", info.systemd_notify}, {"watchdog_usec", info.systemd_watchdog_us}}}};
}

json view(const config_status& status) {
  json shown = {{"revision", status.revision}};
  if (!status.reloaded) return shown;
  shown["last_reload"] = {{"ok", status.last_reload_ok}, {"time", seconds_of(status.last_reload_wall_ns)}};
  if (!status.last_problem.empty()) shown["last_reload"]["problem"] = status.last_problem;
  return shown;
}

json view(const runtime_info& info) {
  return {{"flavor", info.flavor},
          {"stopping", info.stopping},
          {"workers",
           {{"total", info.workers}, {"parked", info.parked}, {"searching", info.searching}, {"stuck", info.stuck}}},
          {"tasks",
           {{"live", info.tasks_live},
            {"spawned", info.tasks_spawned},
            {"completed", info.tasks_completed},
            {"forced_yields", info.forced_yields}}},
          {"global_queue_depth", info.global_queue_depth},
          {"remote_schedules", info.remote_schedules},
          {"idle_backlogs", {{"count", info.idle_backlogs}, {"oldest_seconds", info.oldest_backlog_seconds}}},
          {"blocking",
           {{"threads", info.blocking_threads},
            {"idle", info.blocking_idle},
            {"queue", info.blocking_queue},
            {"max", info.blocking_max}}},
          {"files",
           {{"backend", info.files_in_ring ? "io_uring" : "blocking"},
            {"in_flight", info.files_in_flight},
            {"submitted", info.files_submitted}}},
          {"io",
           {{"sources", info.io_sources},
            {"registered", info.io_registered},
            {"deregistered", info.io_deregistered},
            {"ready_events", info.io_ready_events}}},
          {"timers", {{"active", info.timers}}},
          {"settings", info.settings}};
}

json view(const worker_info& worker) {
  json shown = {{"worker", worker.worker}, {"tid", worker.tid}, {"state", worker.state}};
  if (worker.task_id != 0)
    shown["current"] = {{"task", task_id_text(worker.task_id)},
                        {"name", worker.task_name},
                        {"plugin", worker.plugin},
                        {"poll_seconds", worker.poll_seconds}};
  const json counters = {{"queue_depth", worker.queue_depth},
                         {"injector_depth", worker.injector_depth},
                         {"polls", worker.polls},
                         {"parks", worker.parks},
                         {"park_unparks", worker.park_unparks},
                         {"local_schedules", worker.local_schedules},
                         {"noops", worker.noops},
                         {"steal_operations", worker.steal_operations},
                         {"stolen_tasks", worker.stolen_tasks},
                         {"overflows", worker.overflows},
                         {"busy_seconds", worker.busy_seconds},
                         {"mean_poll_seconds", worker.mean_poll_seconds},
                         {"poll_time", view(worker.poll_time)},
                         {"schedule_latency", view(worker.schedule_latency)}};
  shown.update(counters);
  return shown;
}

json view(const task_info& task, bool histograms) {
  json shown = {{"id", task_id_text(task.id)}, {"plugin", task.plugin},       {"name", task.name},
                {"state", task.state},         {"cancelled", task.cancelled}, {"location", task.location}};
  if (task.worker >= 0) shown["worker"] = task.worker;
  if (task.worker >= 0) shown["running_seconds"] = task.running_seconds;
  if (task.stats) shown["stats"] = view(*task.stats, histograms);
  return shown;
}

json view(const task_changes& seen, std::int64_t wall_ns) {
  json shown = {{"now", seconds_of(wall_ns)},
                {"tasks", json::array()},
                {"paused", seen.paused},
                {"dropped_events", seen.dropped}};
  for (const auto& task : seen.tasks) shown["tasks"].push_back(view(task, false));
  return shown;
}

json view(const host::instance_view& instance) {
  json shown = {{"instance", instance.name},           {"plugin", instance.plugin},
                {"state", name(instance.state)},       {"since", seconds_of(instance.since_wall_ns)},
                {"starts", instance.starts},           {"faults", instance.faults},
                {"config", embedded(instance.config)}, {"usage", view(instance.usage)},
                {"limits", view(instance.limits)}};
  if (!instance.reason.empty()) shown["reason"] = instance.reason;
  if (instance.finished) shown["finished"] = *instance.finished;
  return shown;
}

json view(const host::image_view& image) {
  json shown = {{"name", image.name},
                {"id", image.id},
                {"version", image.version},
                {"description", image.description},
                {"abi", version_text(image.abi_major, image.abi_minor)},
                {"state", name(image.state)},
                {"since", seconds_of(image.since_wall_ns)},
                {"generation", image.generation},
                {"path", image.path},
                {"build_id", image.build_id},
                {"instances", all(image.instances)}};
  if (!image.reason.empty()) shown["reason"] = image.reason;
  return shown;
}

json view(const host::image_info& info) {
  json shown = view(info.image);
  shown["mapped_path"] = info.image.mapped_path;
  shown["config_schema"] = embedded(info.config_schema);
  shown["required_extensions"] = info.required_extensions;
  shown["optional_extensions"] = info.optional_extensions;
  shown["findings"] = all(info.findings);
  shown["methods"] = json::object();
  for (const auto& [instance, methods] : info.methods) shown["methods"][instance] = all(methods);
  shown["holds"] = json::object();
  for (const auto& [instance, held] : info.holds) shown["holds"][instance] = view(held);
  shown["unload_blockers"] = info.unload_blockers;
  shown["mappings"] = info.mappings;
  return shown;
}

json view(const host::inspection& seen) {
  json shown = {{"path", seen.path}, {"size_bytes", seen.size_bytes}};
  if (const auto& note = seen.facts.note) {
    shown["id"] = note->id;
    shown["version"] = note->version;
    shown["abi"] = version_text(note->abi_major, note->abi_minor);
    shown["abi_minor_needed"] = note->abi_minor_min;
  }
  shown["loadable"] = seen.refused() == nullptr;
  shown["unloadable"] = seen.resident() == nullptr;
  shown["needs_rotation"] = seen.needs_rotation();
  shown["build_id"] = seen.facts.build_id;
  shown["needed"] = seen.facts.needed;
  shown["exports"] = seen.facts.exports;
  shown["findings"] = all(seen.findings);
  return shown;
}

json view(const host::scan_result& result) {
  return {{"found", all(result.found)}, {"rejected", all(result.rejected)}};
}

json view(const std::vector<host::held>& held) {
  json shown = json::object();
  for (const auto& each : held) shown[each.kind] = each.count;
  return shown;
}

json view(const std::vector<metric_family>& families, std::string_view match, std::int64_t wall_ns) {
  json shown = json::array();
  for (const auto& family : families)
    if (matches(match, family.name)) shown.push_back(view(family));
  return {{"ts", seconds_of(wall_ns)}, {"families", std::move(shown)}};
}

health health_of(std::vector<health_check> checks) {
  health seen;
  for (const auto& check : checks) {
    if (!check.ok) seen.ready = false;
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
