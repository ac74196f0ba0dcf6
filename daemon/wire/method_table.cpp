// The one table of control methods. A row and its example are enough for a client; control/methods/ binds the code.
#include <algorithm>
#include <array>

#include "wire/method.hpp"

namespace tokiod::wire {
namespace {

using enum param_type;
using sv = std::string_view;

constexpr double most_seconds = 86400;

// ---- parameters, by group
constexpr param ping_params[] = {{"echo", any, false, "given back unchanged"}};

constexpr param health_params[] = {{"verbose", boolean, false, "also the checks that passed", "true"}};
constexpr sv shutdown_modes[] = {"drain", "now"};
constexpr param shutdown_params[] = {
    {"mode", text, false, "drain lets tasks end; now does not wait", R"("drain")", 0, 16, shutdown_modes},
    {"deadline_s", number, false, "how long a drain may take; absent: as configured", "", 0, most_seconds},
    {"exit_code", integer, false, "what the process ends with", "0", 0, 255},
    {"reason", text, false, "goes to the log"},
};

constexpr param config_get_params[] = {
    {"path", text, false, "JSON Pointer or dotted name of one setting; absent: everything", R"("")"},
    {"origin", boolean, false, "also which layer and line each value came from", "false"},
};
constexpr param config_check_params[] = {{"document", object, true, "a whole configuration document"}};
constexpr param config_schema_params[] = {{"path", text, false, "one setting; absent: everything", R"("")"}};
constexpr param config_reload_params[] = {
    {"wait", boolean, false, "answer when the reload is done, with its outcome", "true"},
    {"reason", text, false, "goes to the log"},
};

constexpr sv log_levels[] = {"trace", "debug", "info", "warn", "error", "off"};
constexpr param log_set_params[] = {
    {"level", text, true, "the least severe record that is written", "", 0, 16, log_levels},
    {"target", text, false, "who speaks, as plugin.echo; absent: everybody without a level of his own", R"("")", 0,
     128},
};

constexpr param plugin_name = {"plugin", text, true, "name or id of a loaded plugin", "", 1, 128};
constexpr param instance_name = {"instance", text, true, "name of an instance", "", 1, 128};
constexpr param deadline = {"deadline_s", number, false,       "how long tasks may take to end; absent: as configured",
                            "",           0,      most_seconds};
constexpr param reason = {"reason", text, false, "goes to the log"};
constexpr double most_count = 9'007'199'254'740'992;  // up to it a JSON number is exact
// Of a new instance, named and bounded as in the configuration.
constexpr param max_tasks = {"max_tasks", integer, false,     "tasks that it may have at a time; absent: any number",
                             "",          1,       most_count};
constexpr param max_memory = {
    "max_memory_bytes", integer, false, "task memory that it may have at a time; absent: any amount", "", 65'536,
    most_count};
constexpr param max_jobs = {"max_blocking_jobs",
                            integer,
                            false,
                            "blocking jobs that it may have queued and running at a time; absent: any number",
                            "",
                            1,
                            most_count};
constexpr param cpu_quota = {"cpu_quota_percent",
                             integer,
                             false,
                             "percent of one CPU that its tasks may use on workers; absent: any amount",
                             "",
                             1,
                             100'000};
constexpr param plugin_info_params[] = {plugin_name};
constexpr param plugin_inspect_params[] = {{"path", text, true, "file, or name in a plugin directory", "", 1}};
constexpr param plugin_load_params[] = {
    {"plugin", text, true, "path of a file (with a slash), or name in a plugin directory", "", 1},
    {"instance", text, false, "name of the instance that is started, 1..64 of a-z, 0-9, _ and -; absent: the plugin's",
     "", 1, 128},
    {"config", object, false, "configuration of the instance"},
    max_tasks,
    max_memory,
    max_jobs,
    cpu_quota,
    {"start", boolean, false, "also start an instance", "true"},
    reason,
};
constexpr param plugin_unload_params[] = {plugin_name, deadline, reason};
constexpr param plugin_start_params[] = {
    instance_name,
    {"plugin", text, false, "make a new instance of this loaded plugin", "", 1, 128},
    {"config", object, false, "configuration of a new instance"},
    max_tasks,
    max_memory,
    max_jobs,
    cpu_quota,
    reason,
};
constexpr param plugin_stop_params[] = {instance_name, deadline, reason};
constexpr param plugin_reload_params[] = {
    plugin_name,
    {"path", text, false, "take this file instead of the one it came from", "", 1},
    deadline,
    reason,
};
constexpr param plugin_call_params[] = {
    instance_name,
    {"method", text, true, "a method that the instance offers", "", 1, 128},
    {"params", any, false, "given to the plugin unchanged", "{}"},
    {"timeout_s", number, false, "how long to wait for its answer", "30", 0.001, most_seconds},
};

constexpr param runtime_resize_params[] = {
    {"worker_threads", integer, true, "how many workers there are to be", "", 1, 1024},
    {"timeout_s", number, false, "how long a worker may take to come back from its poll", "10", 0, most_seconds},
    reason,
};

constexpr sv task_states[] = {"idle", "queued", "running", "done"};
constexpr param task_list_params[] = {
    {"plugin", text, false, "only tasks of this instance", "", 1, 128},
    {"state", text, false, "only tasks in this state", "", 0, 16, task_states},
    {"limit", integer, false, "at most this many", "100", 1, 1000},
    {"cursor", text, false, "next_cursor of the page before", "", 1, 64},
};
constexpr param resource_list_params[] = {
    {"plugin", text, false, "only resources of this instance", "", 1, 128},
    {"kind", text, false, "only those of this kind: Sync, timer", "", 1, 64},
    {"type", text, false, "only those of this type: Mutex, Sleep", "", 1, 64},
    {"dropped", boolean, false, "those that are gone, instead of those that are there", "false"},
    {"limit", integer, false, "at most this many", "100", 1, 1000},
    {"cursor", text, false, "next_cursor of the page before", "", 1, 64},
};
constexpr param resource_get_params[] = {{"id", text, true, "as resource.list gives it: r-12", "", 3, 32}};
constexpr param lint_params[] = {{"limit", integer, false, "at most this many", "1000", 1, 1000}};
constexpr param task_id = {"id", text, true, "as task.list gives it: t-12", "", 3, 32};
constexpr param task_id_params[] = {task_id};
constexpr param task_get_params[] = {
    task_id,
    {"histograms", boolean, false, "also how its polls and waits are spread", "false"},
};

constexpr param metrics_get_params[] = {
    {"match", text, false, "only families whose name matches: tokiod_worker_*", R"("*")"}};
constexpr sv expose_formats[] = {"prometheus"};
constexpr param metrics_expose_params[] = {
    {"format", text, false, "prometheus: text format 0.0.4", R"("prometheus")", 0, 16, expose_formats}};

constexpr param subscribe_params[] = {
    {"topics", texts, true,
     "async_ops, console.state, daemon.state, metrics, plugin.state, resources, runtime.resized, runtime.stuck, task, "
     "tasks",
     "", 1, 16},
    {"interval_ms", integer, false, "how often metrics, tasks, resources and async_ops are sent", "1000", 100, 60000},
    {"match", text, false, "only metric families whose name matches", R"("*")"},
    {"task", text, false, "of which the topic task tells everything", "", 3, 32},
};
constexpr param unsubscribe_params[] = {{"sub", text, true, "as event.subscribe gave it", "", 1, 32}};

// ---- errors of their own
constexpr kind e_shutdown[] = {kind::wrong_state};
constexpr kind e_found[] = {kind::not_found};
constexpr kind e_reload[] = {kind::invalid_config, kind::busy};
constexpr kind e_inspect[] = {kind::bad_plugin, kind::not_found, kind::io_error};
constexpr kind e_load[] = {kind::bad_plugin,  kind::abi_mismatch, kind::missing_dependency,
                           kind::init_failed, kind::not_trusted,  kind::conflict,
                           kind::busy};
constexpr kind e_end[] = {kind::not_found, kind::wrong_state, kind::in_use, kind::drain_timeout, kind::busy};
constexpr kind e_resize[] = {kind::unsupported, kind::wrong_state, kind::timeout, kind::io_error};
constexpr kind e_call[] = {kind::not_found, kind::plugin_error, kind::timeout, kind::wrong_state};
constexpr kind e_topic[] = {kind::bad_enum, kind::quota_exceeded};

constexpr auto rows = std::to_array<method>({
    {"config.check",
     level::observe,
     always,
     config_check_params,
     "Checks a configuration document without applying it",
     "{valid, problems:[{path, source, kind, message, hint}]}",
     {},
     R"({"document":{}})"},
    {"config.get", level::observe, always, config_get_params, "The configuration in force, or one setting of it",
     "{revision, value, origins?}", e_found, R"({"path":"/runtime"})"},
    {"config.reload", level::operate, while_running, config_reload_params,
     "Reads the configuration files again; a faulty one leaves the old in force", "{revision, changed, needs_restart}",
     e_reload, R"({"wait":true})"},
    {"config.schema", level::observe, always, config_schema_params, "Every setting with its type, bounds and default",
     "JSON Schema", e_found, "{}"},
    {"console.pause",
     level::operate,
     always,
     {},
     "Writes nothing down of tasks until console.resume, for all who listen; what is known stays",
     "{paused}",
     {},
     "{}"},
    {"console.resume", level::operate, always, {}, "Goes on writing down what tasks do", "{paused}", {}, "{}"},
    {"control.ping",
     level::observe,
     always,
     ping_params,
     "Answers at once",
     "{echo?, now, loop_lag_seconds}",
     {},
     R"({"echo":"hello"})"},
    {"control.whoami",
     level::observe,
     always,
     {},
     "Who the daemon takes the caller for, and what he may do",
     "{uid, gid, groups, pid, comm, socket, level, rule}",
     {},
     "{}"},
    {"daemon.health",
     level::observe,
     always,
     health_params,
     "Is it alive, is it ready, and which check says no",
     "{live, ready, checks:[{name, ok, detail}]}",
     {},
     "{}"},
    {"daemon.info",
     level::observe,
     always,
     {},
     "What runs: version, process, files",
     "{version, abi, compiler, pid, uid, state, started, uptime_seconds, ...}",
     {},
     "{}"},
    {"daemon.shutdown", level::admin, until_the_end, shutdown_params, "Ends the daemon; answers when the end has begun",
     "{mode, state}", e_shutdown, R"({"mode":"drain","deadline_s":5})"},
    {"daemon.status",
     level::observe,
     always,
     {},
     "One screen: state, workers, tasks, plugins, warnings",
     "{state, ready, uptime_seconds, workers, tasks, plugins, config, warnings}",
     {},
     "{}"},
    {"diag.lint",
     level::observe,
     always,
     lint_params,
     "What looks wrong with the tasks that somebody listens to",
     "{findings:[{lint, task, plugin, name, location, sentence}], more, listening, paused}",
     {},
     "{}"},
    {"event.subscribe", level::observe, always, subscribe_params,
     "Sends notifications `event` {sub, seq, ts, topic, data, dropped?} from now on", "{sub, seq}", e_topic,
     R"({"topics":["plugin.state"]})"},
    {"event.unsubscribe", level::observe, always, unsubscribe_params, "Ends a subscription of this connection", "{}",
     e_found, R"({"sub":"s-1"})"},
    {"log.get",
     level::observe,
     always,
     {},
     "Which targets speak from which level on",
     "{level, targets, dropped}",
     {},
     "{}"},
    {"log.set",
     level::operate,
     always,
     log_set_params,
     "Changes a level until the daemon ends or reloads",
     "{level, targets, dropped}",
     {},
     R"({"level":"info"})"},
    {"metrics.expose",
     level::observe,
     always,
     metrics_expose_params,
     "All metrics as text",
     "{content_type, text}",
     {},
     "{}"},
    {"metrics.get",
     level::observe,
     always,
     metrics_get_params,
     "Metric families with their samples",
     "{ts, families:[{name, type, unit, help, samples}]}",
     {},
     R"({"match":"tokiod_tasks_*"})"},
    {"plugin.call", level::operate, while_running, plugin_call_params, "Calls a method that a plugin offers",
     "whatever the plugin answers", e_call, R"({"instance":"echo","method":"stats"})"},
    {"plugin.info", level::observe, always, plugin_info_params, "Everything about one plugin",
     "{name, version, state, path, instances, methods, holds, unload_blockers, ...}", e_found, R"({"plugin":"echo"})"},
    {"plugin.inspect", level::operate, always, plugin_inspect_params,
     "Reads what a plugin file says of itself; none of its code runs", "{path, id, version, abi, findings, ...}",
     e_inspect, R"({"path":"echo"})"},
    {"plugin.list",
     level::observe,
     always,
     {},
     "Every loaded plugin and its instances",
     "{plugins:[{name, version, state, instances, ...}]}",
     {},
     "{}"},
    {"plugin.load", level::admin, while_running, plugin_load_params, "Loads a plugin file and starts an instance of it",
     "{plugin, state, generation, warnings, instance?}", e_load,
     R"({"plugin":"echo","instance":"echo2","config":{"port":7008}})"},
    {"plugin.reload", level::admin, while_running, plugin_reload_params,
     "Moves every instance to a fresh copy of the file; on failure the old ones keep running",
     "{plugin, from, to, unmapped, blockers}", e_load, R"({"plugin":"echo"})"},
    {"plugin.restart", level::operate, while_running, plugin_stop_params, "Stops and starts an instance",
     "{instance, plugin, state}", e_end, R"({"instance":"echo"})"},
    {"plugin.scan",
     level::observe,
     always,
     {},
     "What lies in the plugin directories",
     "{found:[{name, version, path, loaded}], rejected:[{path, why}]}",
     {},
     "{}"},
    {"plugin.start", level::operate, while_running, plugin_start_params,
     "Starts an instance again, or a new one of a loaded plugin", "{instance, plugin, state}", e_end,
     R"({"instance":"echo"})"},
    {"plugin.stop", level::operate, until_the_end, plugin_stop_params, "Drains an instance; its plugin stays loaded",
     "{instance, state, aborted, leaked, blockers}", e_end, R"({"instance":"echo"})"},
    {"plugin.unload", level::admin, until_the_end, plugin_unload_params,
     "Drains every instance of a plugin and takes its image out", "{plugin, state, unmapped, blockers}", e_end,
     R"({"plugin":"echo"})"},
    {"resource.get", level::observe, always, resource_get_params,
     "One lock, channel or timer, and what waits for it, while somebody listens",
     "{id, plugin, type, kind, visibility, location, attributes, async_ops:[...], more, ...}", e_found,
     R"({"id":"r-1"})"},
    {"resource.list",
     level::observe,
     always,
     resource_list_params,
     "Locks, channels and timers that are known while somebody listens, oldest first",
     "{resources:[{id, plugin, type, kind, visibility, location, attributes, parent?, ...}], total, next_cursor?}",
     {},
     R"({"limit":10})"},
    {"rpc.discover", level::observe, always, {}, "This table, as an OpenRPC document", "OpenRPC document", {}, "{}"},
    {"runtime.info",
     level::observe,
     always,
     {},
     "The runtime as a whole",
     "{flavor, workers, tasks, blocking, io, timers}",
     {},
     "{}"},
    {"runtime.resize", level::operate, while_running, runtime_resize_params,
     "Starts workers, or retires those with the highest numbers, while tasks run", "{before, after}", e_resize,
     R"({"worker_threads":2})"},
    {"runtime.workers",
     level::observe,
     always,
     {},
     "Every worker and what it runs now",
     "{workers:[{worker, tid, state, current?, queue_depth, ...}]}",
     {},
     "{}"},
    {"task.cancel", level::operate, until_the_end, task_id_params, "Ends a task at its next poll edge", "{id, state}",
     e_found, R"({"id":"t-1"})"},
    {"task.get", level::observe, always, task_get_params, "One task, with its times and wakes while somebody listens",
     "{id, plugin, name, state, location, stats?, ...}", e_found, R"({"id":"t-1","histograms":true})"},
    {"task.list",
     level::observe,
     always,
     task_list_params,
     "Live tasks, oldest first; in the state done those that ended while somebody listened",
     "{tasks, total, next_cursor?}",
     {},
     R"({"limit":10})"},
});

constexpr bool sorted() { return std::ranges::is_sorted(rows, {}, &method::name); }
static_assert(sorted(), "find_method() searches by halves");

// Edits between two names, for did-you-mean; both are short.
std::size_t distance(std::string_view a, std::string_view b) {
  std::string above(b.size() + 1, '\0');
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = static_cast<char>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    char diagonal = above[0];
    above[0] = static_cast<char>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = above[j];
      above[j] = static_cast<char>(std::min({replaced, above[j] + 1, above[j - 1] + 1}));
    }
  }
  return static_cast<std::size_t>(above[b.size()]);
}

}  // namespace

std::span<const method> methods() { return rows; }

const method* find_method(std::string_view name) {
  const auto row = std::ranges::lower_bound(rows, name, {}, &method::name);
  return row != rows.end() && row->name == name ? &*row : nullptr;
}

std::optional<std::string_view> nearest(std::string_view name, std::span<const std::string_view> known) {
  constexpr std::size_t longest = 100;  // distance() counts in a char
  if (name.size() > longest) return std::nullopt;
  std::optional<std::string_view> best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const auto each : known)
    if (const auto edits = distance(name, each); each.size() <= longest && edits < best_distance) {
      best = each;
      best_distance = edits;
    }
  return best;
}

std::optional<std::string_view> nearest_method(std::string_view name) {
  std::array<std::string_view, rows.size()> names;
  std::ranges::transform(rows, names.begin(), &method::name);
  return nearest(name, names);
}

}  // namespace tokiod::wire
