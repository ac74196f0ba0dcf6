#include "host/usage.hpp"

#include "host/plugin.hpp"
#include "host/texts.hpp"

namespace tokiod::host {
namespace {

std::uint64_t count_of(const tokio_plugin& p, entry what) {
  const auto sum = p.book.sum(what);
  return sum > 0 ? static_cast<std::uint64_t>(sum) : 0;  // negative while a handle moves between cores
}

void add(std::vector<held>& list, std::string_view kind, std::uint64_t count) {
  if (count != 0) list.push_back({std::string(kind), count});
}

}  // namespace

usage_view usage_of(const tokio_plugin& p) {
  const auto tasks = p.totals();
  usage_view u;
  u.tasks_live = tasks.live();
  u.tasks_spawned = tasks.spawned;
  u.tasks_panicked = tasks.panicked;
  u.polls = tasks.polls;
  u.poll_ns = tasks.poll_ns;
  u.wakes = tasks.wakes;
  u.slow_polls = p.slow_polls();
  u.throttled_ns = p.throttled();
  u.forced_yields = tasks.budget_exhaustions;
  u.memory_bytes = count_of(p, entry::memory_bytes);
  u.sockets = count_of(p, entry::sockets);
  u.timers = count_of(p, entry::timers);
  u.operations = count_of(p, entry::operations);
  u.children = count_of(p, entry::children);
  u.signals = count_of(p, entry::signals);
  u.files = count_of(p, entry::files);
  u.jobs = count_of(p, entry::jobs);
  u.leases = count_of(p, entry::leases);
  u.registrations = count_of(p, entry::registrations);
  u.calls = count_of(p, entry::calls);
  u.metrics = count_of(p, entry::metrics);
  u.job_cpu_ns = count_of(p, entry::job_cpu_ns);
  u.read_bytes = count_of(p, entry::read_bytes);
  u.written_bytes = count_of(p, entry::written_bytes);
  return u;
}

std::vector<held> pins_of(const tokio_plugin& p) {
  std::vector<held> list;
  add(list, "tasks", p.totals().live());
  for (const auto e : {entry::jobs, entry::callbacks}) add(list, name(e), count_of(p, e));
  add(list, "threads inside its code", threads_inside(p));
  return list;
}

std::vector<held> handles_of(const tokio_plugin& p) {
  std::vector<held> list;
  add(list, "join_handles", p.join_handles());
  for (const auto e : {entry::sockets, entry::timers, entry::operations, entry::children, entry::signals, entry::files,
                       entry::leases, entry::registrations, entry::calls, entry::metrics, entry::memory_bytes})
    add(list, name(e), count_of(p, e));
  return list;
}

std::vector<std::string> blockers_of(const tokio_plugin& p) {
  std::vector<std::string> sentences;
  for (const auto& task : p.tasks(8)) {
    if (task.state == task_state::done) continue;
    const auto& kind = *static_cast<const tokio_task_vt*>(task.about);
    std::string text =
        "task t-" + std::to_string(task.id) + " " +
        std::string(kind.name.ptr == nullptr ? "" : kind.name.ptr, kind.name.ptr == nullptr ? 0 : kind.name.len);
    if (task.worker >= 0)
      text += " has been polled on worker " + std::to_string(task.worker) + " for " + seconds_text(task.running_for);
    sentences.push_back(text + (task.worker >= 0 ? " and has not returned" : " has not ended"));
  }
  for (const auto& one : pins_of(p))
    if (one.kind != "tasks") sentences.push_back(std::to_string(one.count) + " " + one.kind);
  return sentences;
}

}  // namespace tokiod::host
