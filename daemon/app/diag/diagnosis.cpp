#include "app/diag/diagnosis.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "app/show.hpp"
#include "control/id_text.hpp"
#include "control/view/task.hpp"
#include "host/texts.hpp"

namespace tokiod::app {
namespace {

namespace trace = host::trace;
using control::lint_info;

double unix_now() { return static_cast<double>(wall_clock_ns()) / ns_per_second; }

lint_info info_of(const trace::task_record& task, const control::task_warning& found) {
  auto one = lint_about(found.lint, control::task_id_text(task.id), found.sentence, found.measured);
  one.task = one.subject;
  one.plugin = task.instance.view();
  one.name = task.name.view();
  if (!task.file.view().empty()) one.location = std::string(task.file.view()) + ":" + std::to_string(task.line);
  return one;
}

// Whether anything that the host knows of could wake a task of it.
bool can_be_woken(const host::usage_view& u) {
  return u.sockets + u.timers + u.operations + u.children + u.signals + u.files + u.jobs + u.calls + u.registrations !=
         0;
}

}  // namespace

std::vector<silent_task> lost_ones(std::vector<silent_task> all, const std::vector<host::image_view>& images,
                                   duration_ns after) {
  std::set<std::string, std::less<>> alive;
  for (const auto& image : images)
    for (const auto& i : image.instances)
      if (can_be_woken(i.usage) || i.state != host::instance_state::running) alive.insert(i.name);
  for (const auto& task : all)
    if (!task.idle || task.silent < after) alive.insert(task.instance);  // one that moves may wake the others
  std::erase_if(all, [&](const silent_task& t) { return t.waits || alive.contains(t.instance); });
  return all;
}

result<void> diagnosis::start(teller tell, fault_handler on_fault) {
  tell_ = std::move(tell);
  on_fault_ = std::move(on_fault);
  auto started = os_thread::start({.name = "tokiod-diag"}, [this] { loop(); });
  if (!started) return std::unexpected(started.error());
  thread_ = std::move(*started);
  return {};
}

void diagnosis::stop() {
  {
    const std::lock_guard hold(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void diagnosis::loop() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (stopped_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; })) return;
    }
    look();
    look_at_groups();
  }
}

// Looks first, and then takes the lock: a look walks all records.
void diagnosis::look() {
  const auto images = plugins_.list();
  auto now = look_at_runtime(images);
  auto of_tasks = task_lints();
  std::vector<std::pair<lint_info, bool>> news;
  {
    const std::lock_guard hold(mutex_);
    of_runtime_ = lints_of(last_, now);
    last_ = std::move(now);
    auto all = of_runtime_;
    std::ranges::move(of_tasks, std::back_inserter(all));
    put_in_order(all);
    known_.look(all, unix_now(), [&](const lint_info& what, bool raised) { news.emplace_back(what, raised); });
  }
  for (const auto& [what, raised] : news)
    tell_("lint", {{"id", what.id},
                   {"lint", what.lint},
                   {"severity", what.severity},
                   {"subject", what.subject},
                   {"sentence", what.sentence},
                   {"since", what.since},
                   {"state", raised ? "raised" : "cleared"}});
  for (const auto& one : faults_.look(images)) {
    on_fault_(one);
    tell_("plugin.fault",
          {{"plugin", one.plugin}, {"instance", one.instance}, {"came", one.came}, {"faults", one.all}});
  }
}

// On the look's thread alone, so that the lock is not held while all tasks are walked.
void diagnosis::look_at_groups() {
  const instant_ns now = steady_clock().now();
  {
    const std::lock_guard hold(mutex_);
    if (!groups_.is_due(now)) return;
  }
  const auto there = rt_.task_groups();
  std::vector<task_view> kinds(there.size());
  for (std::size_t at = 0; at < there.size(); ++at) {
    kinds[at].owner = there[at].owner;
    kinds[at].about = there[at].about;
  }
  const auto labels = plugins_.label(kinds);
  std::vector<seen_group> seen;
  for (std::size_t at = 0; at < there.size(); ++at)
    if (!labels[at].instance.empty())  // else the runtime's own, or its image is on its way out
      seen.push_back({labels[at].instance, labels[at].name, there[at].idle, there[at].queued, there[at].running});
  const std::lock_guard hold(mutex_);
  groups_.add(seen, now, steady_clock().now() - now);
}

runtime_look diagnosis::look_at_runtime(const std::vector<host::image_view>& images) const {
  runtime_look seen;
  const auto numbers = rt_.metrics();
  seen.at = steady_clock().now();
  for (const auto& w : rt_.snapshot().workers) {
    using metrics::worker_state;
    seen.workers.push_back({.index = w.index,
                            .parked = w.state == worker_state::parked,
                            .retired = w.state == worker_state::retired,
                            .blocks = w.state == worker_state::blocking,
                            .waiting = std::uint64_t{w.queued} + w.injected,
                            .queued = w.queued,
                            .polls = w.ticks,
                            .task = w.task,
                            .plugin = w.task != 0 ? plugins_.instance_of(w.owner) : std::string(),
                            .running_for = w.running_for});
  }
  for (const auto& image : images)
    for (const auto& i : image.instances) {
      using host::instance_state;
      const bool over = i.state == instance_state::stopped || i.state == instance_state::failed ||
                        i.state == instance_state::quarantined;
      const auto& of = i.usage;
      seen.owners.push_back({i.name, of.tasks_spawned, 0, of.tasks_live, over});
    }
  seen.jobs_queued = numbers.blocking_queued_jobs;
  seen.blocking_threads = numbers.blocking_threads;
  seen.blocking_idle = numbers.blocking_idle_threads;
  seen.blocking_max = config_.current()->values.runtime.max_blocking_threads;
  seen.timer_late = numbers.timer_late_ns;
  seen.paused = rt_.paused_until() != 0;
  return seen;
}

std::vector<lint_info> diagnosis::task_lints() const {
  const auto records = console_.changed_since(0);
  if (records.empty()) return {};
  std::set<task::task_id> waiting;
  if (const auto* const book = console_.resources())
    for (const auto& op : book->ops_changed_since(0))
      if (op.dropped == 0) waiting.insert(op.task);
  std::map<task::task_id, task_state> states;
  for (const auto& t : rt_.tasks(nullptr, SIZE_MAX)) states.emplace(t.id, t.state);
  std::vector<lint_info> all;
  std::vector<silent_task> silent;
  std::map<task::task_id, const trace::task_record*> by_id;
  const instant_ns now = steady_clock().now();
  const auto limits = config_.current()->values.console;
  const auto yields_after = limits.never_yielded_ms * millisecond;
  const auto silent_after = limits.lost_waker_ms * millisecond;
  for (const auto& one : records) {
    for (const auto& found : console_.warnings_of(one, now)) {
      all.push_back(info_of(one, found));
      if (found.lint == "never_yielded") all.back().threshold = seconds(yields_after);
    }
    const auto state = states.find(one.id);
    if (one.dropped != 0 || state == states.end() || one.kind != trace::task_kind::task) continue;
    const bool known = one.seen_from_birth && one.polls != 0;
    const instant_ns polled = std::min(one.last_poll_ended, now);
    silent.push_back({one.id, std::string(one.instance.view()), known ? now - polled : 0,
                      state->second == task_state::idle && !one.in_poll && one.unpolled_wakes == 0,
                      waiting.contains(one.id)});
    by_id.emplace(one.id, &one);
  }
  if (!console_.looks_for(trace::lint::lost_waker)) return all;
  for (const auto& lost : lost_ones(std::move(silent), plugins_.list(), silent_after)) {
    all.push_back(info_of(*by_id.at(lost.id), {"lost_waker",
                                               "it has waited for " + host::seconds_text(lost.silent) +
                                                   ", and its instance holds nothing that would wake it",
                                               seconds(lost.silent)}));
    all.back().threshold = seconds(silent_after);
  }
  return all;
}

control::lint_page diagnosis::lints(std::size_t limit) const {
  control::lint_page page{
      .findings = {}, .more = false, .listening = console_.listening(), .paused = console_.paused()};
  auto of_tasks = task_lints();
  const std::lock_guard hold(mutex_);
  page.findings = of_runtime_;
  std::ranges::move(of_tasks, std::back_inserter(page.findings));
  put_in_order(page.findings);
  page.more = page.findings.size() > limit;
  if (page.more) page.findings.resize(limit);
  const double now = unix_now();
  for (auto& one : page.findings) {
    const double since = known_.since(one.id);
    one.since = since != 0 ? since : now;
  }
  return page;
}

std::vector<control::metric_family> diagnosis::families() const {
  const std::lock_guard hold(mutex_);
  auto all = known_.families();
  for (auto& f : groups_.families()) all.push_back(std::move(f));
  return all;
}

}  // namespace tokiod::app
