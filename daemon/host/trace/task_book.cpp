#include "host/trace/task_book.hpp"

#include <algorithm>
#include <utility>

namespace tokiod::host::trace {

task_book::task_book(std::size_t tasks)
    : set_count_(std::max<std::size_t>(1, (tasks + per_set - 1) / per_set)),
      sets_(std::make_unique<set[]>(set_count_)) {}

task_book::row* task_book::set::of(task::task_id id) {
  const auto found = std::ranges::find(rows, id, &row::id);
  return found == rows.end() ? nullptr : &*found;
}

// It has ended, and nobody watches it.
bool task_book::set::may_go(const row& of) const {
  return of.dropped != 0 && std::ranges::none_of(kept, [&](const watched& each) { return each.id == of.id; });
}

// A free row, else that of the task that ended first.
task_book::row* task_book::set::room() {
  row* oldest = nullptr;
  for (row& each : rows) {
    if (each.id == 0) return &each;
    if (may_go(each) && (oldest == nullptr || each.dropped < oldest->dropped)) oldest = &each;
  }
  return oldest;
}

// An observer copies one record under the lock. Who holds it for longer was descheduled.
bool task_book::try_lock(set& in) {
  constexpr int tries = 64;
  for (int i = 0; i < tries; ++i) {
    if (in.lock.try_lock()) return true;
    real_policy::spin();
  }
  dropped_.fetch_add(1, relaxed);
  return false;
}

// [under the lock] The time is that of the writing, so that whoever copies the records misses none.
template <class Change>
bool task_book::changed(set& in, task::task_id id, Change change) {
  row* const found = in.of(id);
  if (found == nullptr) return false;
  change(*found);
  found->changed = steady_clock().now();
  return true;
}

template <class Change>
bool task_book::change(task::task_id id, Change change) {
  set& in = set_of(id);
  if (!try_lock(in)) return true;
  const bool found = changed(in, id, change);
  in.lock.unlock();
  return found;
}

template <class Change>
bool task_book::must_change(task::task_id id, Change change) {
  set& in = set_of(id);
  const hold lock(in.lock);
  return changed(in, id, change);
}

void task_book::begin(const birth& of, instant_ns now) {
  set& in = set_of(of.id);
  if (!try_lock(in)) return;
  row* const room = in.of(of.id) == nullptr ? in.room() : nullptr;
  if (room != nullptr) {
    task_record& fresh = *room;
    if (fresh.id != 0) dropped_.fetch_add(1, relaxed);
    fresh = {};
    fresh.id = of.id;
    fresh.parent = of.parent;
    fresh.kind = of.kind;
    fresh.seen_from_birth = of.seen;
    fresh.line = of.line;
    fresh.bytes = of.bytes;
    fresh.least_bytes = of.least_bytes;
    fresh.instance.set(of.instance);
    fresh.name.set(of.name);
    fresh.file.set(of.file);
    fresh.created = now;
    fresh.changed = steady_clock().now();
  } else if (in.of(of.id) == nullptr) {
    dropped_.fetch_add(1, relaxed);
  }
  in.lock.unlock();
}

// Wakes by timers, sockets and other tasks' ends come from the host itself, which tells nobody: they are found here.
bool task_book::poll_begins(task::task_id id, instant_ns now, const std::optional<run_up>& before) {
  return change(id, [&](task_record& of) {
    const bool first = std::exchange(of.first_poll, of.first_poll != 0 ? of.first_poll : now) == 0;
    if (before) {
      of.scheduled += before->runnable;
      of.scheduled_times.record(before->runnable);
      if (!first && of.unpolled_wakes == 0) {
        ++of.wakes;
        of.self_wakes += of.yielded ? 1 : 0;  // a merged wake may be anybody's
        of.last_wake = now - std::min(before->runnable, now);
      }
    }
    of.unpolled_wakes = 0;
    of.last_poll_started = now;
    of.in_poll = true;
  });
}

void task_book::poll_ends(task::task_id id, instant_ns begun, instant_ns now, bool yielded) {
  (void)must_change(id, [&](task_record& of) {
    ++of.polls;
    of.busy += now - begun;
    of.poll_times.record(now - begun);
    of.last_poll_ended = now;
    of.in_poll = false;
    of.yielded = yielded;
  });
}

void task_book::woken(task::task_id id, bool by_itself, instant_ns now) {
  change(id, [&](task_record& of) {
    ++of.wakes;
    ++of.unpolled_wakes;
    of.self_wakes += by_itself ? 1 : 0;
    of.last_wake = now;
  });
}

void task_book::ends(task::task_id id, task_end how, instant_ns now) {
  (void)must_change(id, [&](task_record& of) {
    if (of.dropped != 0) return;
    of.dropped = now;
    of.end = how;
    of.in_poll = false;
  });
}

void task_book::forget(task::task_id id) {
  set& in = set_of(id);
  const hold lock(in.lock);
  if (row* const found = in.of(id)) *found = row{};
}

std::optional<task_record> task_book::find(task::task_id id) const {
  set& in = set_of(id);
  const hold lock(in.lock);
  const row* const found = in.of(id);
  return found != nullptr && id != 0 ? std::optional(*found) : std::nullopt;
}

// One record at a time, so that no lock is held while the list grows.
std::vector<task_record> task_book::changed_since(instant_ns since) const {
  std::vector<task_record> found;
  for (std::size_t s = 0; s < set_count_; ++s) {
    for (const row& each : sets_[s].rows) {
      std::optional<task_record> copy;
      {
        const hold lock(sets_[s].lock);
        if (each.id != 0 && (each.changed >= since || each.in_poll)) copy = each;
      }
      if (copy) found.push_back(*copy);
    }
  }
  std::ranges::sort(found, {}, &task_record::id);
  return found;
}

void task_book::watch(task::task_id id, bool on) {
  set& in = set_of(id);
  const hold lock(in.lock);
  auto found = std::ranges::find(in.kept, id, &watched::id);
  if (found == in.kept.end() && on) found = std::ranges::find(in.kept, task::task_id{0}, &watched::id);
  if (found == in.kept.end()) {
    dropped_.fetch_add(on ? 1 : 0, relaxed);
    return;
  }
  found->id = id;
  found->by += on ? 1 : 0;
  if (!on && --found->by == 0) *found = {};
}

void task_book::forget_ended_before(instant_ns time) {
  for (std::size_t s = 0; s < set_count_; ++s) {
    set& in = sets_[s];
    const hold lock(in.lock);
    for (row& each : in.rows)
      if (in.may_go(each) && each.dropped < time) each = {};
  }
}

void task_book::clear() {
  for (std::size_t s = 0; s < set_count_; ++s) {
    const hold lock(sets_[s].lock);
    sets_[s].rows = {};
    sets_[s].kept = {};
  }
}

}  // namespace tokiod::host::trace
