#include "control/overview.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "control/view.hpp"

namespace tokiod::control {
namespace {

json page_row(const worker_info& w) {
  json row = {{"worker", w.worker},
              {"state", w.state},
              {"queue", w.queue_depth},
              {"polls", w.polls},
              {"parks", w.parks},
              {"stolen_tasks", w.stolen_tasks},
              {"busy_seconds", w.busy_seconds},
              {"mean_poll_seconds", w.mean_poll_seconds}};
  if (w.task_id != 0) row.update({{"task", task_id_text(w.task_id)}, {"plugin", w.plugin}});
  return row;
}

json page_row(const host::instance_view& i, const std::string& version) {
  return {{"instance", i.name},
          {"plugin", i.plugin},
          {"version", version},
          {"state", name(i.state)},
          {"tasks", i.usage.tasks_live},
          {"polls", i.usage.polls},
          {"poll_seconds", static_cast<double>(i.usage.poll_ns) / 1e9},
          {"memory_bytes", i.usage.memory_bytes},
          {"sockets", i.usage.sockets},
          {"timers", i.usage.timers},
          {"read_bytes", i.usage.read_bytes},
          {"written_bytes", i.usage.written_bytes},
          {"faults", i.faults}};
}

json page_row(const task_info& t) {
  return {{"id", task_id_text(t.id)}, {"plugin", t.plugin}, {"name", t.name},
          {"state", t.state},         {"worker", t.worker}, {"location", t.location}};
}

// Of all workers together: [from, count] of each bucket that counted something.
json merged(const std::vector<worker_info>& workers, histogram_info worker_info::* which) {
  std::map<double, std::uint64_t> counts;
  for (const auto& each : workers)
    for (const auto& bucket : (each.*which).buckets) counts[bucket.from] += bucket.count;
  json list = json::array();
  for (const auto& [from, count] : counts) list.push_back({from, count});
  return list;
}

void add_workers(json& to, const std::vector<worker_info>& workers) {
  json list = json::array();
  std::uint64_t waiting = 0;
  for (const auto& each : workers) {
    waiting += each.queue_depth;
    if (list.size() < shown_workers) list.push_back(page_row(each));
  }
  to["workers"] = std::move(list);
  to["workers_total"] = workers.size();
  to["queues"]["local"] = waiting;
  to["poll_time"] = merged(workers, &worker_info::poll_time);
  to["schedule_latency"] = merged(workers, &worker_info::schedule_latency);
}

void add_plugins(json& to, const std::vector<host::image_view>& images) {
  json list = json::array();
  std::size_t total = 0;
  for (const auto& image : images)
    for (const auto& each : image.instances) {
      ++total;
      if (list.size() < shown_instances) list.push_back(page_row(each, image.version));
    }
  to["plugins"] = std::move(list);
  to["plugins_total"] = total;
}

// Those that run or wait for a worker first.
json tasks_of_note(const backend& daemon) {
  auto all = daemon.tasks({.plugin = "", .state = "", .after_id = 0, .limit = walked_tasks}).tasks;
  const auto rank = [](const task_info& t) {
    return std::pair(t.state == "running" ? 0 : t.state == "queued" ? 1 : 2, t.id);
  };
  std::ranges::sort(all, {}, rank);
  all.resize(std::min(all.size(), shown_tasks));
  json list = json::array();
  for (const auto& each : all) list.push_back(page_row(each));
  return list;
}

json failing(const health& seen) {
  json names = json::array();
  for (const auto& check : seen.checks)
    if (!check.ok) names.push_back(check.name);
  return names;
}

}  // namespace

json overview(const plane& shared) {
  const auto& daemon = shared.daemon;
  const auto about = daemon.info();
  const auto runtime = daemon.runtime();
  const auto seen = health_of(daemon.health());
  json shown = {
      {"ts", seconds_of(wall_clock_ns())},
      {"instance_id", shared.instance_id},
      {"version", about.version},
      {"pid", about.pid},
      {"uptime_seconds", about.uptime_seconds},
      {"state", name(daemon.state())},
      {"ready", seen.ready},
      {"failing", failing(seen)},
      {"queues", {{"global", runtime.global_queue_depth}, {"blocking", runtime.blocking_queue}}},
      {"blocking", {{"threads", runtime.blocking_threads}, {"idle", runtime.blocking_idle}}},
      {"timers", runtime.timers},
      {"io_sources", runtime.io_sources},
      {"tasks", {{"live", runtime.tasks_live}, {"shown", json::array()}}},
  };
  add_workers(shown, daemon.workers());
  add_plugins(shown, daemon.plugins());
  if (runtime.tasks_live <= walked_tasks) shown["tasks"]["shown"] = tasks_of_note(daemon);
  return shown;
}

}  // namespace tokiod::control
