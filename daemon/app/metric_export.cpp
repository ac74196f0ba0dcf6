#include "app/metric_export.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "app/metric_rows.hpp"
#include "app/show.hpp"
#include "base/cpu_list.hpp"

namespace tokiod::app {
namespace {

using control::labels;
using control::metric_family;
using control::metric_type;
using control::sample;

constexpr metric_row<metrics::worker_totals> worker_rows[] = {
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

constexpr metric_row<metrics::task_totals> task_rows[] = {
    {"tokiod_tasks_spawned_total", "", "Tasks spawned.", [](const auto& t) { return number(t.spawned); }},
    {"tokiod_task_polls_total", "", "Polls of tasks.", [](const auto& t) { return number(t.polls); }},
    {"tokiod_task_wakes_total", "", "Wakes that made an idle task runnable.",
     [](const auto& t) { return number(t.wakes); }},
    {"tokiod_task_yields_total", "", "Times that a task let the others run.",
     [](const auto& t) { return number(t.yields); }},
    {"tokiod_budget_forced_yields_total", "", "Times that a task used up its cooperative budget.",
     [](const auto& t) { return number(t.budget_exhaustions); }},
    {"tokiod_task_busy_seconds_total", "seconds", "Time that workers spent on polls.",
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

// Of whole numbers, whose resolution is a power of two; `zeros` of them are not in it.
control::buckets spread_of_counts(const metrics::distribution& d, std::uint64_t zeros) {
  control::buckets spread{{{0.0, zeros}}, zeros + d.total(), number(d.sum)};
  constexpr unsigned most_bits = 10;
  std::uint64_t upto = zeros;
  for (unsigned bits = 1; bits <= most_bits; ++bits) {
    const std::uint64_t bound = (std::uint64_t{1} << bits) - 1;
    upto += d.counts[metrics::bucket_of(bound)];
    spread.upto.emplace_back(number(bound), upto);
  }
  return spread;
}

void add_workers(std::vector<metric_family>& to, const metrics::runtime_snapshot& now) {
  std::map<std::string, double> states;  // all of them, so that a graph has no gaps
  for (unsigned at = 0; at <= static_cast<unsigned>(metrics::worker_state::retired); ++at)
    states[state_name(static_cast<metrics::worker_state>(at))] = 0;
  metrics::distribution polls;
  metric_family depth{
      "tokiod_worker_local_queue_depth", metric_type::gauge, "", "Tasks in the worker's own queue.", {}};
  metric_family mean{
      "tokiod_worker_mean_poll_seconds", metric_type::gauge, "seconds", "How long polls took lately, on average.", {}};
  metric_owners<metrics::worker_totals> counted;
  for (const auto& w : now.workers) {
    ++states[state_name(w.state)];
    polls.merge(w.poll_time_ns);
    const labels worker = {{"worker", std::to_string(w.index)}};
    depth.samples.push_back({worker, number(w.queued_tasks), {}});
    mean.samples.push_back({worker, seconds(w.mean_poll_ns), {}});
    counted.emplace_back(worker, &w.totals);
  }
  metric_family workers{"tokiod_runtime_workers", metric_type::gauge, "", "Workers, by what they do.", {}};
  for (const auto& [state, count] : states) workers.samples.push_back({{{"state", state}}, count, {}});
  for (auto* const f : {&workers, &depth, &mean}) to.push_back(std::move(*f));
  add_rows(to, worker_rows, counted);
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
  metric_owners<metrics::task_totals> counted;
  for (const auto& o : now.owners) {
    const labels plugin = {{"plugin", o.name}};
    counted.emplace_back(plugin, &o.tasks);
    alive.samples.push_back({plugin, number(o.tasks.live()), {}});
    memory.samples.push_back({plugin, number(o.heap_bytes), {}});
    throttled.samples.push_back({plugin, seconds(o.throttled_ns), {}});
    waits.samples.push_back({plugin, 0, spread_of(o.schedule_latency_ns)});
    ended.samples.push_back({{{"plugin", o.name}, {"outcome", "ok"}}, number(o.tasks.completed), {}});
    ended.samples.push_back({{{"plugin", o.name}, {"outcome", "cancelled"}}, number(o.tasks.cancelled), {}});
    ended.samples.push_back({{{"plugin", o.name}, {"outcome", "panicked"}}, number(o.tasks.panicked), {}});
  }
  for (auto* const f : {&alive, &ended, &memory, &throttled, &waits}) to.push_back(std::move(*f));
  add_rows(to, task_rows, counted);
}

// Empty: the thread is gone.
std::string cpus_of(int os_thread) {
  const auto cpus = cpus_of_thread(os_thread);
  return cpus ? text_of(*cpus) : std::string();
}

}  // namespace

std::vector<metric_family> runtime_families(const metrics::runtime_snapshot& now) {
  std::vector<metric_family> all;
  add_workers(all, now);
  add_owners(all, now);
  constexpr auto gauge = metric_type::gauge;
  all.push_back(single("tokiod_global_queue_depth", gauge, "", "Tasks in injectors.", number(now.injected_tasks)));
  all.push_back(single("tokiod_runtime_paused", gauge, "", "1: somebody has paused the workers; they take no tasks.",
                       now.paused ? 1 : 0));
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
  all.push_back(single("tokiod_timers_fired_total", counter, "", "Timers whose time came.", number(now.timers_fired)));
  all.push_back(single("tokiod_reactor_polls_total", counter, "", "Times that the kernel was asked for events.",
                       number(now.reactor_turns)));
  all.push_back(single("tokiod_io_fds", gauge, "", "Descriptors registered.", number(now.sources)));
  all.push_back(single("tokiod_blocking_jobs_total", counter, "", "Blocking jobs that a thread has begun.",
                       number(now.blocking_jobs)));
  all.push_back(single("tokiod_blocking_queue_depth", gauge, "", "Blocking jobs that wait for a thread.",
                       number(now.blocking_queued_jobs)));
  const double idle = number(now.blocking_idle_threads), threads = number(now.blocking_threads);
  all.push_back({"tokiod_blocking_threads",
                 gauge,
                 "",
                 "Threads of the blocking pool.",
                 {{{{"state", "idle"}}, idle, {}}, {{{"state", "busy"}}, std::max(0.0, threads - idle), {}}}});
  const auto spread = [&](const char* name, const char* help, const metrics::distribution& of) {
    all.push_back({name, metric_type::histogram, "seconds", help, {{{}, 0, spread_of(of)}}});
  };
  spread("tokiod_blocking_queue_wait_seconds", "How long blocking jobs that have ended had waited for a thread.",
         now.blocking_wait_ns);
  spread("tokiod_blocking_run_seconds", "How long blocking jobs that have ended took.", now.blocking_run_ns);
  const std::uint64_t had_some = now.events_per_wait.total();
  const std::uint64_t had_none = now.reactor_turns - std::min(now.reactor_turns, had_some);
  all.push_back({"tokiod_reactor_events_per_poll",
                 metric_type::histogram,
                 "",
                 "How many events the kernel had each time that it was asked.",
                 {{{}, 0, spread_of_counts(now.events_per_wait, had_none)}}});
  spread("tokiod_timer_lateness_seconds", "By how much timers fired after their deadline.", now.timer_lateness_ns);
  return all;
}

std::vector<metric_family> thread_families(const runtime_view& now) {
  metric_family info{"tokiod_worker_info", metric_type::info, "", "The thread that a worker has.", {}};
  metric_family cpu{"tokiod_worker_cpu_seconds_total",
                    metric_type::counter,
                    "seconds",
                    "CPU time of the thread that the worker has; begins again with another thread.",
                    {}};
  duration_ns longest = 0;
  for (const auto& w : now.workers) {
    longest = std::max(longest, w.running_for);
    if (w.os_thread == 0) continue;
    const auto worker = std::to_string(w.index);
    info.samples.push_back(
        {{{"worker", worker}, {"tid", std::to_string(w.os_thread)}, {"cpus", cpus_of(w.os_thread)}}, 1, {}});
    cpu.samples.push_back({{{"worker", worker}}, seconds(thread_cpu_time_of(w.os_thread)), {}});
  }
  constexpr auto gauge = metric_type::gauge;
  return {
      std::move(info), std::move(cpu),
      single("tokiod_runtime_workers_desired", gauge, "", "Workers that there are to be.", number(now.active_workers)),
      single("tokiod_longest_poll_seconds", gauge, "seconds",
             "How long the longest poll lasts that is known to be stuck; 0: none is.", seconds(longest))};
}

}  // namespace tokiod::app
