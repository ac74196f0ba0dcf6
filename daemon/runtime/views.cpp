// What a runtime shows: workers, tasks, and all its numbers, read from atomics and under locks that are never held
// while user code runs.
#include <algorithm>
#include <map>

#include "runtime/blocking/pool.hpp"
#include "runtime/runtime.hpp"
#include "runtime/task/registry.hpp"

namespace tokiod {

namespace {

metrics::worker_state state_of(const sched::engine& all, const sched::core& of, bool running) {
  using metrics::worker_state;
  if (of.index >= all.active()) return worker_state::retired;
  if (of.paused.load(relaxed)) return worker_state::paused;
  if (all.idle.parked(of.index)) return worker_state::parked;
  if (running && of.blocks()) return worker_state::blocking;
  if (running) return of.stuck.load(relaxed) ? worker_state::stuck : worker_state::running;
  return worker_state::searching;
}

duration_ns running_for(const sched::core& of, instant_ns now) {
  const instant_ns since = of.poll_since.load(relaxed);
  return of.stuck.load(relaxed) && since != 0 && now > since ? now - since : 0;
}

worker_view view_of(sched::engine& all, sched::core& of, instant_ns now) {
  worker_view view;
  task::header* const task = of.running.load(relaxed);
  view.index = of.index;
  view.state = state_of(all, of, task != nullptr);
  if (task != nullptr) {
    view.task = task->id.load(relaxed);
    view.owner = task::owner_of(*task);
    view.running_for = running_for(of, now);
  }
  view.queued = of.queued();
  view.injected = of.home.injector.length();
  view.ticks = of.work.polls.read();
  view.mean_poll = of.mean_poll.load(relaxed);
  of.tenure.with_holder([&](const sched::thread* holder) {
    if (holder != nullptr) view.os_thread = holder->os_id.load(relaxed);
  });
  return view;
}

// A poll that is going on: on a core, or on a thread that lost its core.
struct running_poll {
  const task::header* task = nullptr;
  std::uint32_t worker = 0;  // where it began
  duration_ns lasted = 0;    // to the monitor's precision
  bool blocks = false;
};

std::vector<running_poll> running_polls(const sched::engine& all, instant_ns now) {
  std::vector<running_poll> polls;
  for (const auto& one : all.cores)
    if (const task::header* task = one->running.load(relaxed); task != nullptr)
      polls.push_back({task, one->index, running_for(*one, now), one->blocks() && one->running.load(relaxed) == task});
  all.for_each_thread([&](const sched::thread& one) {
    const task::header* const task = one.stuck_in.load(relaxed);
    const instant_ns since = one.stuck_since.load(relaxed);
    if (task != nullptr)
      polls.push_back(
          {task, one.stuck_from.load(relaxed), now > since ? now - since : 0, one.stuck_blocks.load(relaxed)});
  });
  return polls;
}

task_view view_of(const task::sighting& seen, memory::owner_id owner, const std::vector<running_poll>& polls) {
  using state = task::basic_state<real_policy>;
  task_view view{.which = seen.which, .id = seen.id, .owner = owner, .about = seen.about};
  view.cancelled = (seen.word & state::cancelled) != 0;
  if (state::is_complete(seen.word)) {
    view.state = task_state::done;
  } else if (state::is_running_or_queued(seen.word)) {
    view.state = task_state::queued;
  }
  for (const running_poll& one : polls)
    if (one.task == seen.which.task && view.state == task_state::queued) {
      view.state = task_state::running;
      view.worker = static_cast<std::int32_t>(one.worker);
      view.running_for = one.lasted;
      view.blocks = one.blocks;
    }
  return view;
}

}  // namespace

runtime_view runtime::snapshot() const {
  runtime_view view{
      .kind = engine_.with.kind, .stopping = stopping(), .active_workers = engine_.active(), .workers = {}};
  const instant_ns now = steady_clock().now();
  for (auto& one : engine_.cores) view.workers.push_back(view_of(engine_, *one, now));
  return view;
}

std::vector<task_view> runtime::tasks(const runtime_owner* owner_or_null, std::size_t limit) const {
  const std::vector<running_poll> polls = running_polls(engine_, steady_clock().now());
  std::vector<task_view> all;
  engine_.for_each_owner([&](runtime_owner& of) {
    if (owner_or_null != nullptr && &of != owner_or_null) return;
    task::for_each_task(of.heap(), [&](const task::sighting& seen) {
      if (all.size() < limit) all.push_back(view_of(seen, of.id(), polls));
    });
  });
  return all;
}

std::vector<task_group> runtime::task_groups() const {
  const std::vector<running_poll> polls = running_polls(engine_, steady_clock().now());
  std::vector<task_group> all;
  engine_.for_each_owner([&](runtime_owner& of) {
    std::map<const void*, task_group> by_kind;
    task::for_each_task(of.heap(), [&](const task::sighting& seen) {
      const auto view = view_of(seen, of.id(), polls);
      if (view.state == task_state::done) return;
      task_group& group = by_kind[seen.about];
      ++(view.state == task_state::idle ? group.idle : view.state == task_state::queued ? group.queued : group.running);
    });
    for (auto& [about, group] : by_kind) {
      group.owner = of.id();
      group.about = about;
      all.push_back(group);
    }
  });
  return all;
}

metrics::runtime_snapshot runtime::metrics() const {
  metrics::runtime_snapshot all;
  metrics::octave_sum lateness, events;
  all.taken_at_ns = steady_clock().now();
  const instant_ns now = engine_.time.now();
  for (auto& one : engine_.cores) {
    all.workers.push_back({.index = one->index,
                           .state = state_of(engine_, *one, one->running.load(relaxed) != nullptr),
                           .queued_tasks = one->queued(),
                           .mean_poll_ns = one->mean_poll.load(relaxed),
                           .totals = one->work.read(),
                           .poll_time_ns = one->work.poll_time_ns.read(),
                           .schedule_latency_ns = one->work.schedule_latency_ns.read()});
    all.injected_tasks += one->home.injector.length();
    const time::timer_counts timers = one->home.timers.counts();
    all.timers += timers.live();
    all.timers_fired += timers.fired;
    lateness.add(one->home.timers.lateness());
    const instant_ns due = timers.live() != 0 ? one->home.timers.next_deadline() : never;
    if (due < now) all.timer_late_ns = std::max(all.timer_late_ns, now - due);
    one->home.reactor->add_events_per_wait(events);
    const io::reactor_counts io = one->home.reactor->counts();
    all.sources += io.live();
    all.sources_registered += io.registered;
    all.sources_deregistered += io.deregistered;
    all.ready_events += io.ready_events;
    all.reactor_turns += io.turns;
  }
  engine_.for_each_owner([&](const runtime_owner& of) {
    all.owners.push_back({.owner = of.id(),
                          .name = of.name(),
                          .tasks = totals(of),
                          .heap_bytes = of.heap().charged_bytes(),
                          .heap_limit_bytes = of.heap().limit_bytes(),
                          .throttled_ns = of.quota->throttled(),
                          .schedule_latency_ns = engine_.schedule_latency(of)});
  });
  all.paused = paused_until() != 0;
  all.idle_backlogs = engine_.idle_backlogs.read();
  all.oldest_backlog_ns = static_cast<std::uint64_t>(engine_.oldest_backlog_ns.read());
  all.remote_schedules = engine_.remote_schedules.load(relaxed);
  if (const uring::ring* const ring = engine_.files.peek()) all.files = {true, ring->in_flight(), ring->submitted()};
  const blocking::pool_counts jobs = job_counts();
  all.blocking_threads = jobs.threads;
  all.blocking_idle_threads = jobs.idle;
  all.blocking_queued_jobs = jobs.queued;
  all.blocking_jobs = jobs.ran;
  const blocking::pool_times times = job_times();
  all.blocking_wait_ns = times.wait_ns;
  all.blocking_run_ns = times.run_ns;
  all.timer_lateness_ns = lateness.spread();
  all.events_per_wait = events.spread();
  return all;
}

std::vector<timer_view> runtime::timers(std::size_t most) const {
  std::vector<timer_view> all;
  for (auto& one : engine_.cores) {
    all.reserve(all.size() + most);  // not under the queue's lock
    one->home.timers.for_some(most, [&](instant_ns deadline, task::key waiter) { all.push_back({deadline, waiter}); });
  }
  return all;
}

std::vector<io::source_view> runtime::sources(std::size_t most) const {
  std::vector<io::source_view> all;
  for (auto& one : engine_.cores) {
    std::vector<io::source_view> here;
    one->home.reactor->look(here, most);
    all.insert(all.end(), here.begin(), here.end());
  }
  return all;
}

}  // namespace tokiod
