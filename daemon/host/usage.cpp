#include "host/usage.hpp"

#include "host/plugin.hpp"

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
  const auto tasks = p.now_in() == phase::gone ? p.final_totals() : p.rt.totals(p.owner);
  usage_view u;
  u.tasks_live = tasks.live();
  u.tasks_spawned = tasks.spawned;
  u.tasks_panicked = tasks.panicked;
  u.polls = tasks.polls;
  u.poll_ns = tasks.poll_ns;
  u.wakes = tasks.wakes;
  u.forced_yields = tasks.budget_exhaustions;
  u.memory_bytes = count_of(p, entry::memory_bytes);
  u.sockets = count_of(p, entry::sockets);
  u.timers = count_of(p, entry::timers);
  u.operations = count_of(p, entry::operations);
  u.jobs = count_of(p, entry::jobs);
  u.leases = count_of(p, entry::leases);
  u.registrations = count_of(p, entry::registrations);
  u.calls = count_of(p, entry::calls);
  u.metrics = count_of(p, entry::metrics);
  u.read_bytes = count_of(p, entry::read_bytes);
  u.written_bytes = count_of(p, entry::written_bytes);
  return u;
}

std::vector<held> pins_of(const tokio_plugin& p) {
  std::vector<held> list;
  if (p.now_in() != phase::gone) add(list, "tasks", p.rt.live(p.owner));
  for (const auto e : {entry::jobs, entry::callbacks, entry::join_handles}) add(list, name(e), count_of(p, e));
  add(list, "threads_inside", threads_inside(&p));
  return list;
}

std::vector<held> handles_of(const tokio_plugin& p) {
  std::vector<held> list;
  for (const auto e : {entry::sockets, entry::timers, entry::operations, entry::leases, entry::registrations,
                       entry::calls, entry::metrics, entry::memory_bytes})
    add(list, name(e), count_of(p, e));
  return list;
}

}  // namespace tokiod::host
