#include "control/task_page.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "base/glob.hpp"

namespace tokiod::control {
namespace {

constexpr std::pair<std::string_view, task_order> orders[] = {
    {"running", task_order::running},     {"total", task_order::total}, {"busy", task_order::busy},
    {"scheduled", task_order::scheduled}, {"idle", task_order::idle},   {"polls", task_order::polls},
    {"wakes", task_order::wakes},         {"bytes", task_order::bytes}, {"self_wakes", task_order::self_wakes},
};

bool fits(const std::string& pattern, const std::string& text) { return pattern.empty() || matches(pattern, text); }

double measure(const task_info& task, task_order by) {
  if (by == task_order::running) return task.running_seconds;
  if (!task.stats) return 0;
  switch (by) {
    case task_order::total: return task.stats->total_seconds;
    case task_order::busy: return task.stats->busy_seconds;
    case task_order::scheduled: return task.stats->scheduled_seconds;
    case task_order::idle: return task.stats->idle_seconds;
    case task_order::polls: return static_cast<double>(task.stats->polls);
    case task_order::wakes: return static_cast<double>(task.stats->wakes);
    case task_order::self_wakes: return static_cast<double>(task.stats->self_wakes);
    case task_order::bytes: return static_cast<double>(task.stats->bytes);
    case task_order::id:
    case task_order::running: break;
  }
  return 0;
}

}  // namespace

task_order task_order_named(std::string_view name) {
  const auto found = std::ranges::find(orders, name, &std::pair<std::string_view, task_order>::first);
  return found == std::end(orders) ? task_order::id : found->second;
}

bool is_asked_for(const task_query& query, const task_info& task) {
  const bool ended = task.stats && task.stats->dropped != 0;
  return (query.plugin.empty() || task.plugin == query.plugin) &&
         (query.state.empty() ? !ended : task.state == query.state) && fits(query.name, task.name) &&
         fits(query.location, task.location);
}

task_page page_of(std::vector<task_info> all, const task_query& query) {
  task_page page;
  std::erase_if(all, [&](const task_info& each) { return !is_asked_for(query, each); });
  page.total = all.size();
  if (query.by == task_order::id)
    std::erase_if(all, [&](const task_info& each) { return each.id <= query.after_id; });
  else
    std::ranges::sort(all, {}, [&](const task_info& each) { return std::pair(-measure(each, query.by), each.id); });
  page.more = all.size() > query.limit;
  if (page.more) all.erase(all.begin() + static_cast<std::ptrdiff_t>(query.limit), all.end());
  page.tasks = std::move(all);
  return page;
}

}  // namespace tokiod::control
