#include "app/live/runtime.hpp"

#include <utility>

#include "app/live/task.hpp"
#include "app/show.hpp"
#include "base/cpu_list.hpp"
#include "base/log.hpp"
#include "control/view/daemon.hpp"

namespace tokiod::app {
namespace {

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

control::passing_info shown(const pausing::view& seen) {
  if (!seen.on) return {};
  return {true, seconds(seen.left), seen.reason};
}

}  // namespace

control::runtime_info live_runtime::runtime() const {
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
  r.pause = shown(parts_.pause.now(parts_.rt));
  r.settings = values->document["runtime"];
  return r;
}

std::vector<control::worker_info> live_runtime::workers() const {
  const auto now = parts_.rt.metrics();
  std::vector<control::worker_info> all;
  for (const worker_view& w : parts_.rt.snapshot().workers) {
    control::worker_info i;
    i.worker = w.index;
    i.tid = w.os_thread;
    if (const auto cpus = cpus_of_thread(w.os_thread); cpus && w.os_thread != 0) i.cpus = text_of(*cpus);
    i.state = state_name(w.state);
    if (const auto running = w.task == 0 ? std::nullopt : find_task(parts_, w.task)) {
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

outcome<control::passing_info> live_runtime::pause(double for_s, std::string_view reason) {
  const auto lasts = static_cast<duration_ns>(for_s * ns_per_second);
  if (auto done = parts_.pause.begin(parts_.rt, lasts, std::string(reason)); !done)
    return std::unexpected(done.error());
  const auto now = shown(parts_.pause.now(parts_.rt));
  log::warn("runtime", "the workers are paused", {{"for_s", for_s}, {"reason", reason}});
  parts_.tell("runtime.paused", control::view(now));
  return now;
}

outcome<void> live_runtime::resume(std::string_view reason) {
  if (!parts_.pause.end(parts_.rt)) return refuse(kind::wrong_state, "the workers are not paused");
  log::info("runtime", "the workers go on", {{"reason", reason}});
  parts_.tell("runtime.paused", control::view(control::passing_info()));
  return {};
}

outcome<control::cpu_report> live_runtime::pin(std::uint32_t worker, std::string_view cpus) {
  const bool all = cpus == "all";
  const auto wanted = cpus_named(cpus);
  if (!all && !wanted)
    return refuse(kind::out_of_range, cpus.substr(0, 60), " is no list of CPUs such as 0-3,6, and not \"all\"");
  auto done = parts_.rt.pin(worker, wanted);
  if (!done && done.error().why == kind::unsupported)
    done.error().hint = "under systemd a drop-in with SystemCallFilter=sched_setaffinity allows it";
  if (!done) return std::unexpected(done.error());
  const control::cpu_report report{text_of(done->before), text_of(done->after)};
  log::info("runtime", "a worker has other CPUs",
            {{"worker", worker}, {"before", report.before}, {"after", report.after}});
  return report;
}

}  // namespace tokiod::app
