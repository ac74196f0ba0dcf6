#include "ctl/verb.hpp"

#include <algorithm>
#include <array>

namespace tokiod::ctl {
namespace {

using sv = std::string_view;

constexpr sv by_path[] = {"path"};
constexpr sv by_document[] = {"document"};
constexpr sv by_plugin[] = {"plugin"};
constexpr sv by_instance[] = {"instance"};
constexpr sv by_id[] = {"id"};
constexpr sv by_match[] = {"match"};
constexpr sv by_level[] = {"level", "target"};
constexpr sv by_workers[] = {"worker_threads"};
constexpr sv by_call[] = {"instance", "method"};

constexpr column worker_columns[] = {
    {"WORKER", "/worker"},
    {"TID", "/tid"},
    {"STATE", "/state"},
    {"TASK", "/current/task"},
    {"PLUGIN", "/current/plugin"},
    {"FOR", "/current/poll_seconds", format::seconds},
    {"QUEUE", "/queue_depth", format::count},
    {"POLLS", "/polls", format::count},
    {"STEALS", "/steal_operations", format::count},
    {"PARKS", "/parks", format::count},
    {"BUSY", "/busy_seconds", format::seconds},
};
constexpr column task_columns[] = {
    {"ID", "/id"},
    {"PLUGIN", "/plugin"},
    {"NAME", "/name"},
    {"STATE", "/state"},
    {"WORKER", "/worker"},
    {"FOR", "/running_seconds", format::seconds},
    {"TOTAL", "/stats/total_seconds", format::seconds},
    {"BUSY", "/stats/busy_seconds", format::seconds},
    {"SCHED", "/stats/scheduled_seconds", format::seconds},
    {"IDLE", "/stats/idle_seconds", format::seconds},
    {"POLLS", "/stats/polls", format::count},
    {"LOCATION", "/location"},
};
constexpr column resource_columns[] = {
    {"ID", "/id"},
    {"PARENT", "/parent"},
    {"PLUGIN", "/plugin"},
    {"KIND", "/kind"},
    {"TOTAL", "/total_seconds", format::seconds},
    {"TYPE", "/type"},
    {"VIS", "/visibility"},
    {"LOCATION", "/location"},
    {"ATTRIBUTES", "/attributes", format::attributes},
};
constexpr column lint_columns[] = {
    {"LINT", "/lint"}, {"TASK", "/task"}, {"PLUGIN", "/plugin"}, {"NAME", "/name"}, {"WHAT", "/sentence"},
};
constexpr column plugin_columns[] = {
    {"PLUGIN", "/plugin"},
    {"VERSION", "/version"},
    {"IMAGE", "/image_state"},
    {"INSTANCE", "/instance"},
    {"STATE", "/state"},
    {"TASKS", "/usage/tasks_live", format::count},
    {"FAULTS", "/faults", format::count},
    {"REASON", "/reason"},
};
constexpr column scan_columns[] = {
    {"NAME", "/name"}, {"VERSION", "/version"}, {"LOADED", "/loaded"}, {"PATH", "/path"}, {"WHY NOT", "/why"},
};
constexpr column check_columns[] = {{"CHECK", "/name"}, {"OK", "/ok"}, {"DETAIL", "/detail"}};
constexpr column problem_columns[] = {
    {"WHERE", "/source"}, {"PATH", "/path"}, {"KIND", "/kind"}, {"PROBLEM", "/message"}, {"HINT", "/hint"}};

constexpr auto rows = std::to_array<verb>({
    {"config check", "config.check", by_document, "problems", problem_columns},
    {"config get", "config.get", by_path},
    {"config reload", "config.reload"},
    {"config schema", "config.schema", by_path},
    {"console pause", "console.pause"},
    {"console resume", "console.resume"},
    {"health", "daemon.health", {}, "checks", check_columns},
    {"info", "daemon.info"},
    {"lint", "diag.lint", {}, "findings", lint_columns},
    {"log get", "log.get"},
    {"log set", "log.set", by_level},
    {"metrics", "metrics.get", by_match},
    {"ping", "control.ping"},
    {"plugin call", "plugin.call", by_call},
    {"plugin info", "plugin.info", by_plugin},
    {"plugin inspect", "plugin.inspect", by_path},
    {"plugin list", "plugin.list", {}, "plugins", plugin_columns},
    {"plugin load", "plugin.load", by_plugin},
    {"plugin reload", "plugin.reload", by_plugin},
    {"plugin restart", "plugin.restart", by_instance},
    {"plugin scan", "plugin.scan", {}, "found", scan_columns},
    {"plugin start", "plugin.start", by_instance},
    {"plugin stop", "plugin.stop", by_instance},
    {"plugin unload", "plugin.unload", by_plugin},
    {"resource list", "resource.list", {}, "resources", resource_columns},
    {"resource show", "resource.get", by_id},
    {"runtime", "runtime.info"},
    {"shutdown", "daemon.shutdown"},
    {"status", "daemon.status"},
    {"task cancel", "task.cancel", by_id},
    {"task list", "task.list", {}, "tasks", task_columns},
    {"task show", "task.get", by_id},
    {"whoami", "control.whoami"},
    {"worker list", "runtime.workers", {}, "workers", worker_columns},
    {"worker resize", "runtime.resize", by_workers},
});

static_assert(std::ranges::is_sorted(rows, {}, &verb::words), "find_verb() searches by halves");

}  // namespace

std::span<const verb> verbs() { return rows; }

const verb* find_verb(std::string_view words) {
  const auto row = std::ranges::lower_bound(rows, words, {}, &verb::words);
  return row != rows.end() && row->words == words ? &*row : nullptr;
}

std::string option_name(const wire::param& rule) {
  std::string name(rule.name);
  if (name.ends_with("_s")) name.resize(name.size() - 2);
  std::replace(name.begin(), name.end(), '_', '-');
  return "--" + name;
}

}  // namespace tokiod::ctl
