#include "app/metric_export.hpp"

#include <algorithm>
#include <map>

#include "app/show.hpp"

namespace tokiod::app {
namespace {

using control::labels;
using control::metric_family;
using control::metric_type;
using control::sample;

double number(std::uint64_t value) { return static_cast<double>(value); }

metric_family single(const char* name, metric_type type, const char* unit, const char* help, double value) {
  return {name, type, unit, help, {{{}, value, {}}}};
}

// One row: a counter of each worker.
struct worker_row {
  const char* name;
  const char* unit;
  const char* help;
  double (*read)(const metrics::worker_totals&);
};
constexpr worker_row worker_rows[] = {
    {"tokiod_worker_polls_total", "", "Tasks polled.", [](const auto& w) { return number(w.polls); }},
    {"tokiod_worker_lifo_polls_total", "", "Tasks polled from the LIFO slot.",
     [](const auto& w) { return number(w.lifo_polls); }},
    {"tokiod_worker_steal_operations_total", "", "Rounds of stealing that found something.",
     [](const auto& w) { return number(w.steals); }},
    {"tokiod_worker_steal_misses_total", "", "Rounds of stealing that found nothing.",
     [](const auto& w) { return number(w.steal_misses); }},
    {"tokiod_worker_stolen_tasks_total", "", "Tasks stolen from others.",
     [](const auto& w) { return number(w.stolen_tasks); }},
    {"tokiod_worker_overflows_total", "", "Times that the run queue was full.",
     [](const auto& w) { return number(w.overflows); }},
    {"tokiod_worker_injected_tasks_total", "", "Tasks taken from outside of the workers.",
     [](const auto& w) { return number(w.injected_taken); }},
    {"tokiod_worker_parks_total", "", "Times that the worker went to sleep.",
     [](const auto& w) { return number(w.parks); }},
    {"tokiod_worker_park_unparks_total", "", "The same, and the times that it woke up: odd while it sleeps.",
     [](const auto& w) { return number(w.park_unparks); }},
    {"tokiod_worker_local_schedules_total", "", "Tasks that became runnable on the worker.",
     [](const auto& w) { return number(w.local_schedules); }},
    {"tokiod_worker_noops_total", "", "Times that the worker woke up and found nothing.",
     [](const auto& w) { return number(w.spurious_unparks); }},
    {"tokiod_worker_unparks_total", "", "Other workers woken up.",
     [](const auto& w) { return number(w.unparks_sent); }},
    {"tokiod_worker_takeovers_total", "", "Times that the worker was taken from a stuck thread.",
     [](const auto& w) { return number(w.takeovers); }},
    {"tokiod_worker_handovers_total", "", "Times that the worker was taken from a thread in block_in_place.",
     [](const auto& w) { return number(w.handed_over); }},
    {"tokiod_worker_busy_seconds_total", "seconds", "Time not asleep.",
     [](const auto& w) { return seconds(w.busy_ns); }},
    {"tokiod_worker_idle_seconds_total", "seconds", "Time asleep.", [](const auto& w) { return seconds(w.parked_ns); }},
};

struct task_row {
  const char* name;
  const char* unit;
  const char* help;
  double (*read)(const metrics::task_totals&);
};
constexpr task_row task_rows[] = {
    {"tokiod_tasks_spawned_total", "", "Tasks spawned.", [](const auto& t) { return number(t.spawned); }},
    {"tokiod_task_polls_total", "", "Polls of tasks.", [](const auto& t) { return number(t.polls); }},
    {"tokiod_task_wakes_total", "", "Wakes that made an idle task runnable.",
     [](const auto& t) { return number(t.wakes); }},
    {"tokiod_task_yields_total", "", "Times that a task let the others run.",
     [](const auto& t) { return number(t.yields); }},
    {"tokiod_budget_forced_yields_total", "", "Times that a task used up its cooperative budget.",
     [](const auto& t) { return number(t.budget_exhaustions); }},
    {"tokiod_task_poll_seconds_total", "seconds", "Time that workers spent on polls.",
     [](const auto& t) { return seconds(t.poll_ns); }},
};

control::buckets spread_of(const metrics::distribution& d) {
  control::buckets spread;
  for (std::size_t bucket = 0; bucket + 1 < metrics::histogram_buckets; ++bucket) {
    spread.count += d.counts[bucket];
    // One line per power of two is enough for a graph, and a quarter of the text; at its end, where also a histogram
    // that knows nothing finer is exact.
    if ((bucket + 1) % (std::size_t{1} << metrics::histogram_split_bits) == 0 && spread.count > 0)
      spread.upto.emplace_back(seconds(metrics::lower_bound(bucket + 1)), spread.count);
  }
  spread.count = d.total();
  spread.sum = seconds(d.sum);
  return spread;
}

void add_workers(std::vector<metric_family>& to, const metrics::runtime_snapshot& now) {
  std::map<std::string, double> states;
  metrics::distribution polls;
  metric_family depth{
      "tokiod_worker_local_queue_depth", metric_type::gauge, "", "Tasks in the worker's own queue.", {}};
  metric_family mean{
      "tokiod_worker_mean_poll_seconds", metric_type::gauge, "seconds", "How long polls took lately, on average.", {}};
  for (const auto& w : now.workers) {
    ++states[state_name(w.state)];
    polls.merge(w.poll_time_ns);
    const labels worker = {{"worker", std::to_string(w.index)}};
    depth.samples.push_back({worker, number(w.queued_tasks), {}});
    mean.samples.push_back({worker, seconds(w.mean_poll_ns), {}});
  }
  metric_family workers{"tokiod_runtime_workers", metric_type::gauge, "", "Workers, by what they do.", {}};
  for (const auto& [state, count] : states) workers.samples.push_back({{{"state", state}}, count, {}});
  for (auto* const f : {&workers, &depth, &mean}) to.push_back(std::move(*f));
  for (const auto& row : worker_rows) {
    metric_family f{row.name, metric_type::counter, row.unit, row.help, {}};
    for (const auto& w : now.workers)
      f.samples.push_back({{{"worker", std::to_string(w.index)}}, row.read(w.totals), {}});
    to.push_back(std::move(f));
  }
  to.push_back({"tokiod_task_poll_seconds",
                metric_type::histogram,
                "seconds",
                "How long polls took; sampled.",
                {{{}, 0, spread_of(polls)}}});
}

void add_owners(std::vector<metric_family>& to, const metrics::runtime_snapshot& now) {
  metric_family alive{"tokiod_tasks_alive", metric_type::gauge, "", "Tasks that have not ended.", {}};
  metric_family ended{"tokiod_tasks_completed_total", metric_type::counter, "", "Tasks that ended, by how.", {}};
  metric_family memory{"tokiod_task_memory_bytes", metric_type::gauge, "bytes", "Task memory charged.", {}};
  metric_family throttled{"tokiod_task_throttled_seconds_total",
                          metric_type::counter,
                          "seconds",
                          "Time that tasks waited for the CPU quota of their instance.",
                          {}};
  metric_family waits{"tokiod_task_schedule_latency_seconds",
                      metric_type::histogram,
                      "seconds",
                      "How long runnable tasks waited for their poll; sampled.",
                      {}};
  for (const auto& o : now.owners) {
    const labels plugin = {{"plugin", o.name}};
    alive.samples.push_back({plugin, number(o.tasks.live()), {}});
    memory.samples.push_back({plugin, number(o.heap_bytes), {}});
    throttled.samples.push_back({plugin, seconds(o.throttled_ns), {}});
    waits.samples.push_back({plugin, 0, spread_of(o.schedule_latency_ns)});
    ended.samples.push_back({{{"plugin", o.name}, {"outcome", "ok"}}, number(o.tasks.completed), {}});
    ended.samples.push_back({{{"plugin", o.name}, {"outcome", "cancelled"}}, number(o.tasks.cancelled), {}});
    ended.samples.push_back({{{"plugin", o.name}, {"outcome", "panicked"}}, number(o.tasks.panicked), {}});
  }
  for (auto* const f : {&alive, &ended, &memory, &throttled, &waits}) to.push_back(std::move(*f));
  for (const auto& row : task_rows) {
    metric_family f{row.name, metric_type::counter, row.unit, row.help, {}};
    for (const auto& o : now.owners) f.samples.push_back({{{"plugin", o.name}}, row.read(o.tasks), {}});
    to.push_back(std::move(f));
  }
}

}  // namespace

std::vector<metric_family> runtime_families(const metrics::runtime_snapshot& now) {
  std::vector<metric_family> all;
  add_workers(all, now);
  add_owners(all, now);
  constexpr auto gauge = metric_type::gauge;
  all.push_back(single("tokiod_global_queue_depth", gauge, "", "Tasks in injectors.", number(now.injected_tasks)));
  constexpr auto counter = metric_type::counter;
  all.push_back(single("tokiod_remote_schedules_total", counter, "",
                       "Tasks that became runnable outside of the workers.", number(now.remote_schedules)));
  all.push_back(single("tokiod_idle_backlogs_total", counter, "",
                       "Times that tasks waited for more than a millisecond although a worker slept; never.",
                       number(now.idle_backlogs)));
  all.push_back(single("tokiod_oldest_idle_backlog_seconds", gauge, "seconds",
                       "The longest that such tasks had waited.", seconds(now.oldest_backlog_ns)));
  all.push_back(single("tokiod_io_fds_registered_total", counter, "", "Descriptors that were registered.",
                       number(now.sources_registered)));
  all.push_back(single("tokiod_io_fds_deregistered_total", counter, "", "Descriptors that were deregistered.",
                       number(now.sources_deregistered)));
  all.push_back(single("tokiod_io_ready_events_total", counter, "", "Events of the kernel about descriptors.",
                       number(now.ready_events)));
  all.push_back(single("tokiod_timers_active", gauge, "", "Timers armed.", number(now.timers)));
  all.push_back(single("tokiod_io_fds", gauge, "", "Descriptors registered.", number(now.sources)));
  all.push_back(single("tokiod_blocking_queue_depth", gauge, "", "Blocking jobs that wait for a thread.",
                       number(now.blocking_queued_jobs)));
  const double idle = number(now.blocking_idle_threads), threads = number(now.blocking_threads);
  all.push_back({"tokiod_blocking_threads",
                 gauge,
                 "",
                 "Threads of the blocking pool.",
                 {{{{"state", "idle"}}, idle, {}}, {{{"state", "busy"}}, std::max(0.0, threads - idle), {}}}});
  return all;
}

namespace {

// One row: a number of each instance, beside those that its tasks have in task_rows.
struct instance_row {
  const char* name;
  metric_type type;
  const char* unit;
  const char* help;
  double (*read)(const host::instance_view&);
};
constexpr instance_row instance_rows[] = {
    {"tokiod_plugin_up", metric_type::gauge, "", "1 while the instance runs.",
     [](const auto& i) { return i.state == host::instance_state::running ? 1.0 : 0.0; }},
    {"tokiod_plugin_faults_total", metric_type::counter, "", "Panics and misuse of the ABI.",
     [](const auto& i) { return number(i.faults); }},
    {"tokiod_plugin_slow_polls_total", metric_type::counter, "", "Polls that took too long.",
     [](const auto& i) { return number(i.usage.slow_polls); }},
    {"tokiod_plugin_memory_bytes", metric_type::gauge, "bytes", "Memory of the host, beside that of tasks.",
     [](const auto& i) { return number(i.usage.memory_bytes); }},
    {"tokiod_plugin_fds", metric_type::gauge, "",
     "Sockets, files and other descriptors that the host has for the instance.",
     [](const auto& i) { return number(i.usage.sockets + i.usage.files); }},
    {"tokiod_plugin_blocking_jobs", metric_type::gauge, "", "Blocking jobs that wait or run.",
     [](const auto& i) { return number(i.usage.jobs); }},
    {"tokiod_plugin_blocking_cpu_seconds_total", metric_type::counter, "seconds",
     "CPU time of blocking jobs that have returned.", [](const auto& i) { return seconds(i.usage.job_cpu_ns); }},
    {"tokiod_plugin_read_bytes_total", metric_type::counter, "bytes", "Bytes that came in.",
     [](const auto& i) { return number(i.usage.read_bytes); }},
    {"tokiod_plugin_written_bytes_total", metric_type::counter, "bytes", "Bytes that went out.",
     [](const auto& i) { return number(i.usage.written_bytes); }},
};

void add_instances(std::vector<metric_family>& to, const std::vector<host::image_view>& images) {
  for (const auto& row : instance_rows) {
    metric_family f{row.name, row.type, row.unit, row.help, {}};
    for (const auto& image : images)
      for (const auto& i : image.instances)
        f.samples.push_back({{{"plugin", i.plugin}, {"instance", i.name}}, row.read(i), {}});
    to.push_back(std::move(f));
  }
}

}  // namespace

std::vector<metric_family> plugin_families(const std::vector<host::image_view>& images,
                                           const std::vector<host::metric_sample>& own) {
  constexpr auto gauge = metric_type::gauge;
  metric_family info{"tokiod_plugin_info", gauge, "", "Loaded plugin files.", {}};
  for (const auto& image : images)
    info.samples.push_back(
        {{{"plugin", image.name}, {"version", image.version}, {"state", std::string(name(image.state))}}, 1, {}});
  std::vector<metric_family> all;
  all.push_back(std::move(info));
  add_instances(all, images);
  // Samples of one name from several instances belong to one family.
  std::map<std::string, metric_family> by_name;
  for (const auto& s : own) {
    auto& family = by_name[s.name];
    family.name = s.name;
    family.unit = s.unit;
    family.help = s.help;
    family.type = s.kind == host::metric_sample::type::counter     ? metric_type::counter
                  : s.kind == host::metric_sample::type::histogram ? metric_type::histogram
                                                                   : gauge;
    labels with = s.labels;
    with.emplace_back("instance", s.instance);
    family.samples.push_back({std::move(with), s.value, {s.buckets, s.count, s.sum}});
  }
  for (auto& [name, family] : by_name) all.push_back(std::move(family));
  return all;
}

std::vector<metric_family> descriptor_families(const host::descriptor_line::view& seen) {
  return {single("tokiod_plugin_max_fds", metric_type::gauge, "", "Descriptors up to which plugins are given sockets.",
                 number(seen.line)),
          single("tokiod_plugin_fds_refused_total", metric_type::counter, "",
                 "Sockets that plugins did not get for want of a descriptor.", number(seen.refused))};
}

}  // namespace tokiod::app
