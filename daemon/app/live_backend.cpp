#include "app/live_backend.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <utility>

#include "app/metric_export.hpp"
#include "app/show.hpp"
#include "base/log.hpp"
#include "config/reference.hpp"
#include "host/abi_version.hpp"

namespace tokiod::app {
namespace {

using wire::json;

control::daemon_state state_of(const supervisor& main) {
  switch (main.state()) {
    case life::starting: return control::daemon_state::starting;
    case life::running: return control::daemon_state::running;
    case life::draining: return control::daemon_state::draining;
  }
  return control::daemon_state::starting;
}

control::task_info info_of(const task_view& t, host::task_label label) {
  control::task_info i;
  i.id = t.id;
  i.plugin = std::move(label.instance);
  i.name = std::move(label.name);
  if (!label.file.empty()) i.location = label.file + ":" + std::to_string(label.line);
  i.state = state_name(t.state);
  i.cancelled = t.cancelled;
  i.worker = t.worker;
  i.running_seconds = seconds(t.running_for);
  return i;
}

// Of one that is not among the runtime's tasks any more, or is a blocking job.
control::task_info info_of(const host::trace::task_record& from) {
  control::task_info i;
  i.id = from.id;
  i.plugin = from.instance.view();
  i.name = from.name.view();
  if (!from.file.view().empty()) i.location = std::string(from.file.view()) + ":" + std::to_string(from.line);
  i.state = from.dropped != 0 ? "done" : from.in_poll ? "running" : "queued";
  return i;
}

// What has ended is shown to who asks for it.
bool asked_for(const control::task_query& query, const control::task_info& t) {
  const bool ended = t.stats && t.stats->dropped != 0;
  return (query.plugin.empty() || t.plugin == query.plugin) && (query.state.empty() ? !ended : t.state == query.state);
}

void count(control::worker_info& i, const metrics::worker_snapshot& seen) {
  const metrics::worker_totals& totals = seen.totals;
  i.poll_time = histogram_of(seen.poll_time_ns);
  i.schedule_latency = histogram_of(seen.schedule_latency_ns);
  i.polls = totals.polls;
  i.parks = totals.parks;
  i.park_unparks = totals.park_unparks;
  i.local_schedules = totals.local_schedules;
  i.noops = totals.spurious_unparks;
  i.steal_operations = totals.steals;
  i.stolen_tasks = totals.stolen_tasks;
  i.overflows = totals.overflows;
  i.busy_seconds = seconds(totals.busy_ns);
}

// The schema below a pointer: sections are in "properties", instances in "additionalProperties", items in "items".
const json* schema_at(const json& root, std::string_view pointer) {
  const json* at = &root;
  while (at && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string token(pointer.substr(0, pointer.find('/')));
    pointer.remove_prefix(token.size());
    const json* const named = at->contains("properties") ? &(*at)["properties"] : nullptr;
    if (named && named->contains(token)) {
      at = &(*named)[token];
    } else if (at->contains("additionalProperties") && (*at)["additionalProperties"].is_object()) {
      at = &(*at)["additionalProperties"];
    } else {
      at = at->contains("items") ? &(*at)["items"] : nullptr;
    }
  }
  return at;
}

}  // namespace

control::daemon_state live_backend::state() const { return state_of(parts_.life); }

control::daemon_info live_backend::info() const {
  control::daemon_info i;
  i.version = TOKIOD_VERSION;
  i.abi = host::abi_version();
  i.compiler = __VERSION__;
  i.pid = ::getpid();
  i.uid = ::getuid();
  i.started_wall_ns = parts_.facts.started_wall_ns;
  i.uptime_seconds = seconds(steady_clock().now() - parts_.facts.started);
  i.command_line = parts_.facts.command_line;
  i.config_files = parts_.config.current()->files;
  i.systemd_notify = parts_.manager.listened();
  i.systemd_watchdog_us = parts_.manager.watchdog() / microsecond;
  return i;
}

std::vector<control::health_check> live_backend::health() const {
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
  checks.push_back({"config", reload.last_ok, reload.last_problem, false});
  return checks;
}

outcome<void> live_backend::shutdown(const control::shutdown_order& order) {
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

control::runtime_info live_backend::runtime() const {
  const runtime_view view = parts_.rt.snapshot();
  const auto now = parts_.rt.metrics();
  const auto tasks = now.all_tasks();
  const auto values = parts_.config.current();
  control::runtime_info r;
  r.flavor = view.kind == flavor::multi_thread ? "multi_thread" : "current_thread";
  r.workers = view.active_workers;
  for (const auto& w : view.workers) {
    r.parked += w.state == metrics::worker_state::parked;
    r.searching += w.state == metrics::worker_state::searching;
    r.stuck += w.state == metrics::worker_state::stuck;
  }
  r.tasks_live = tasks.live();
  r.tasks_spawned = tasks.spawned;
  r.tasks_completed = tasks.ended();
  r.forced_yields = tasks.budget_exhaustions;
  r.global_queue_depth = now.injected_tasks;
  r.remote_schedules = now.remote_schedules;
  r.idle_backlogs = now.idle_backlogs;
  r.oldest_backlog_seconds = seconds(now.oldest_backlog_ns);
  r.blocking_threads = static_cast<std::uint32_t>(now.blocking_threads);
  r.blocking_idle = static_cast<std::uint32_t>(now.blocking_idle_threads);
  r.blocking_queue = static_cast<std::uint32_t>(now.blocking_queued_jobs);
  r.blocking_max = static_cast<std::uint32_t>(values->values.runtime.max_blocking_threads);
  r.files_in_ring = now.files.ring;
  r.files_in_flight = now.files.in_flight;
  r.files_submitted = now.files.submitted;
  r.io_sources = now.sources;
  r.io_registered = now.sources_registered;
  r.io_deregistered = now.sources_deregistered;
  r.io_ready_events = now.ready_events;
  r.timers = now.timers;
  r.stopping = view.stopping;
  r.settings = values->document["runtime"];
  return r;
}

std::vector<control::worker_info> live_backend::workers() const {
  const auto now = parts_.rt.metrics();
  std::vector<control::worker_info> all;
  for (const worker_view& w : parts_.rt.snapshot().workers) {
    control::worker_info i;
    i.worker = w.index;
    i.tid = w.os_thread;
    i.state = state_name(w.state);
    if (const auto running = w.task == 0 ? std::nullopt : task(w.task)) {
      i.task_id = running->id;
      i.task_name = running->name;
      i.plugin = running->plugin;
    }
    i.poll_seconds = seconds(w.running_for);
    i.queue_depth = w.queued;
    i.injector_depth = w.injected;
    i.mean_poll_seconds = seconds(w.mean_poll);
    if (w.index < now.workers.size()) count(i, now.workers[w.index]);
    all.push_back(std::move(i));
  }
  return all;
}

// The runtime's own, and what is written down of others: jobs, and what has ended. The records come first: what lives
// then and is not among the tasks afterwards has ended.
std::vector<control::task_info> live_backend::known_tasks() const {
  const auto records = parts_.console.changed_since(0);
  auto views = parts_.rt.tasks(nullptr, SIZE_MAX);
  std::ranges::sort(views, {}, &task_view::id);
  auto labels = parts_.plugins.label(views);
  std::vector<control::task_info> all;
  for (std::size_t n = 0; n < views.size(); ++n) all.push_back(info_of(views[n], std::move(labels[n])));
  const std::size_t live = all.size();
  for (const auto& record : records) {
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(live);
    auto known = std::ranges::lower_bound(all.begin(), end, record.id, {}, &control::task_info::id);
    if (known == end || known->id != record.id) {
      if (ended_unseen(record)) continue;
      known = all.insert(all.end(), info_of(record));
    }
    known->stats = parts_.console.stats_of(record);
  }
  std::ranges::sort(all, {}, &control::task_info::id);
  return all;
}

// Of a record whose task is not among those of the runtime: it is told of when its end has been written down.
bool live_backend::ended_unseen(const host::trace::task_record& record) const {
  const bool unseen = record.dropped == 0 && record.kind == host::trace::task_kind::task;
  if (unseen) parts_.console.has_ended(record.id);
  return unseen;
}

control::task_page live_backend::tasks(const control::task_query& query) const {
  control::task_page page;
  for (auto& each : known_tasks()) {
    if (!asked_for(query, each)) continue;
    ++page.total;
    if (each.id <= query.after_id) continue;
    if (page.tasks.size() < query.limit) {
      page.tasks.push_back(std::move(each));
    } else {
      page.more = true;
    }
  }
  return page;
}

std::optional<control::task_info> live_backend::task(std::uint64_t id) const {
  const auto record = parts_.console.find(id);
  auto views = parts_.rt.tasks(nullptr, SIZE_MAX);
  std::erase_if(views, [&](const task_view& t) { return t.id != id; });
  std::optional<control::task_info> found;
  if (!views.empty()) found = info_of(views.front(), std::move(parts_.plugins.label(views).front()));
  if (!found && record && !ended_unseen(*record)) found = info_of(*record);
  if (found && record) found->stats = parts_.console.stats_of(*record);
  return found;
}

// Before the records are copied.
control::page_facts live_backend::facts_now(const control::change_query& query) const {
  control::page_facts facts;
  facts.began = query.after_id == 0 ? steady_clock().now() : query.began;
  facts.paused = parts_.console.paused();
  facts.listening = parts_.console.listening();
  facts.dropped = parts_.console.dropped();
  return facts;
}

// A round goes by id, so that who changes all the time does not wait behind who changes seldom.
control::task_changes live_backend::changes(const control::change_query& query) const {
  control::task_changes seen{facts_now(query), {}};
  auto records = parts_.console.changed_since(query.since);
  std::erase_if(records, [&](const auto& one) { return one.id <= query.after_id; });
  seen.more = records.size() > query.limit;
  if (seen.more) records.resize(query.limit);
  std::map<std::uint64_t, std::string> states;
  for (const task_view& t : parts_.rt.tasks(nullptr, SIZE_MAX)) states.emplace(t.id, state_name(t.state));
  for (const auto& record : records) {
    seen.last_id = record.id;
    const auto live = states.find(record.id);
    if (live == states.end() && ended_unseen(record)) continue;
    auto& told = seen.tasks.emplace_back(info_of(record));
    if (live != states.end()) told.state = live->second;
    told.stats = parts_.console.stats_of(record);
  }
  return seen;
}

outcome<void> live_backend::cancel_task(std::uint64_t id) {
  for (const task_view& t : parts_.rt.tasks(nullptr, SIZE_MAX)) {
    if (t.id != id) continue;
    tokiod::runtime::abort(t.which);
    return {};
  }
  return refuse(kind::not_found, "there is no task t-", id, "; it may have ended");
}

std::vector<control::metric_family> live_backend::metrics() const {
  auto all = runtime_families(parts_.rt.metrics());
  for (auto& f : plugin_families(parts_.plugins.list(), parts_.plugins.metrics())) all.push_back(std::move(f));
  for (auto& f : descriptor_families(parts_.plugins.descriptors())) all.push_back(std::move(f));
  for (auto& f : process_.families()) all.push_back(std::move(f));
  return all;
}

control::config_status live_backend::config() const {
  const auto s = parts_.config.status();
  return {s.revision, s.reloaded, s.last_ok, s.last_wall_ns, s.last_problem};
}

outcome<json> live_backend::config_get(std::string_view path, bool origin) const {
  return parts_.config.get(path, origin);
}

json live_backend::config_check(const json& document) const { return parts_.config.check(document); }

outcome<json> live_backend::config_schema(std::string_view path) const {
  const json whole = config::schema();
  const std::string pointer = pointer_of(path);
  const json* const part = schema_at(whole, pointer);
  if (!part) return refuse(kind::not_found, "there is no setting ", pointer);
  return *part;
}

outcome<json> live_backend::config_reload(std::string_view reason) {
  const auto report = reload_now(parts_, reason.empty() ? "config.reload" : reason);
  if (!report) return std::unexpected(report.error());
  return json{
      {"revision", report->revision}, {"changed", plan_of(report->changed)}, {"needs_restart", report->needs_restart}};
}

std::vector<host::image_view> live_backend::plugins() const { return parts_.plugins.list(); }
outcome<host::image_info> live_backend::plugin(std::string_view name) const { return parts_.plugins.info(name); }
outcome<host::instance_view> live_backend::instance(std::string_view name) const {
  return parts_.plugins.instance(name);
}
outcome<host::inspection> live_backend::inspect(const std::string& path_or_name) const {
  return parts_.plugins.inspect(path_or_name);
}
host::scan_result live_backend::scan() const { return parts_.plugins.scan(); }
outcome<host::load_report> live_backend::load(const host::load_request& request) {
  return parts_.plugins.load(request);
}
outcome<host::unload_report> live_backend::unload(std::string_view plugin, control::drain_time drain) {
  return parts_.plugins.unload(plugin, drain);
}
outcome<host::reload_report> live_backend::reload(std::string_view plugin, const std::string& path,
                                                  control::drain_time drain) {
  return parts_.plugins.reload(plugin, path, drain);
}
outcome<host::instance_view> live_backend::start(const host::start_request& request) {
  return parts_.plugins.start(request);
}
outcome<host::instance_view> live_backend::start_again(std::string_view instance) {
  return parts_.plugins.start_again(instance);
}
outcome<host::stop_report> live_backend::stop(std::string_view instance, control::drain_time drain) {
  return parts_.plugins.stop(instance, drain);
}
outcome<host::instance_view> live_backend::restart(std::string_view instance, control::drain_time drain) {
  return parts_.plugins.restart(instance, drain);
}
outcome<host::call_id> live_backend::call(std::string_view instance, std::string_view method, std::string params,
                                          std::shared_ptr<host::call_listener> listener, duration_ns timeout) {
  return parts_.plugins.call(instance, method, std::move(params), std::move(listener), timeout);
}
void live_backend::cancel_call(host::call_id id) { parts_.plugins.cancel(id); }

outcome<reload_report> reload_now(const live_parts& parts, std::string_view reason) {
  if (parts.life.state() == life::draining) return refuse(kind::draining, "the daemon is draining");
  log::info("config", "reloading", {{"reason", reason}});
  parts.manager.reloading();
  auto report = parts.config.reload(parts.apply);
  parts.manager.ready();
  if (report) {
    log::info("config", "reloaded", {{"revision", report->revision}, {"changes", report->changed.size()}});
    for (const auto& path : report->needs_restart)
      log::warn("config", "a changed setting takes effect at the next start only", {{"path", path}});
  } else {
    log::error("config", "not reloaded; the old configuration stays in force", {{"why", report.error().sentence}});
  }
  return report;
}

bool all_workers_stuck(const runtime_view& view, duration_ns limit) {
  return !view.workers.empty() && std::ranges::all_of(view.workers, [&](const worker_view& w) {
    const bool stuck = w.task != 0 && w.state != metrics::worker_state::blocking && w.running_for >= limit;
    return w.state == metrics::worker_state::retired || stuck;
  });
}

std::string status_line(const live_parts& parts) {
  const auto view = parts.rt.snapshot();
  std::string line(wire::name(state_of(parts.life)));
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
