#include "ctl/top/tab.hpp"

#include <algorithm>
#include <array>

#include "base/any_case.hpp"

namespace tokiod::ctl {
namespace {

constexpr column task_columns[] = {
    {"WARN", "/stats/warning_count", format::count},
    {"ID", "/id"},
    {"PLUGIN", "/plugin"},
    {"NAME", "/name"},
    {"STATE", "/state"},
    {"WORKER", "/worker", format::count},
    {"TOTAL", "/stats/total_seconds", format::seconds},
    {"BUSY", "/stats/busy_seconds", format::seconds},
    {"SCHED", "/stats/scheduled_seconds", format::seconds},
    {"IDLE", "/stats/idle_seconds", format::seconds},
    {"POLLS", "/stats/polls", format::count},
    {"WAKES", "/stats/wakes", format::count},
    {"SELF", "/stats/self_wakes", format::count},
    {"SIZE", "/stats/bytes", format::count},
    {"LOCATION", "/location"},
};
constexpr column worker_columns[] = {
    {"WORKER", "/worker", format::count},
    {"TID", "/tid", format::count},
    {"STATE", "/state"},
    {"BUSY%", "/busy_percent", format::count},
    {"QUEUE", "/queue_depth", format::count},
    {"INJECTED", "/injector_depth", format::count},
    {"POLLS/S", "/polls_per_second", format::count},
    {"MEAN", "/mean_poll_seconds", format::seconds},
    {"STEALS", "/steal_operations", format::count},
    {"PARKS", "/parks", format::count},
    {"PLUGIN", "/current/plugin"},
    {"TASK", "/current/task"},
    {"FOR", "/current/poll_seconds", format::seconds},
};
constexpr column plugin_columns[] = {
    {"PLUGIN", "/plugin"},
    {"VERSION", "/version"},
    {"INSTANCE", "/instance"},
    {"STATE", "/state"},
    {"TASKS", "/usage/tasks_live", format::count},
    {"CPU%", "/cpu_percent", format::count},
    {"POLLS/S", "/polls_per_second", format::count},
    {"SLOW", "/usage/slow_polls", format::count},
    {"PANICS", "/usage/tasks_panicked", format::count},
    {"MEMORY", "/usage/memory_bytes", format::count},
    {"SOCKETS", "/usage/sockets", format::count},
    {"JOBS", "/usage/jobs", format::count},
    {"FAULTS", "/faults", format::count},
    {"REASON", "/reason"},
};
constexpr column resource_columns[] = {
    {"ID", "/id"},
    {"PLUGIN", "/plugin"},
    {"KIND", "/kind"},
    {"TYPE", "/type"},
    {"VIS", "/visibility"},
    {"TOTAL", "/total_seconds", format::seconds},
    {"PARENT", "/parent"},
    {"ATTRIBUTES", "/attributes", format::attributes},
    {"LOCATION", "/location"},
};
constexpr column waiting_columns[] = {
    {"KIND", "/kind"},
    {"WHAT", "/what"},
    {"STATE", "/state"},
    {"DUE", "/due_in_seconds", format::seconds},
    {"FOR", "/seconds", format::seconds},
    {"PLUGIN", "/plugin"},
    {"TASK", "/waiter/task"},
    {"NAME", "/waiter/name"},
};
constexpr column event_columns[] = {
    {"TIME", "/time"},
    {"TOPIC", "/topic"},
    {"WHAT", "/what"},
};

constexpr auto every_tab = std::to_array<tab>({
    {"tasks", "tasks", task_columns, "BUSY", true},
    {"workers", "workers", worker_columns, "WORKER"},
    {"plugins", "plugins", plugin_columns, "PLUGIN"},
    {"resources", "resources", resource_columns, "TOTAL", true},
    {"timers/io", "waiting", waiting_columns, "DUE"},
    {"events", "events", event_columns, "TIME", true},
});

}  // namespace

std::span<const tab> tabs() { return every_tab; }

std::optional<std::size_t> tab_named(std::string_view title) {
  const auto found = std::ranges::find(every_tab, title, &tab::title);
  if (found == every_tab.end()) return std::nullopt;
  return static_cast<std::size_t>(found - every_tab.begin());
}

const column* column_named(const tab& of, std::string_view title) {
  const auto found =
      std::ranges::find_if(of.columns, [&](const column& c) { return same_in_any_case(c.title, title); });
  return found == of.columns.end() ? nullptr : &*found;
}

}  // namespace tokiod::ctl
