// The records of tasks while somebody listens.
// Invariant: who spawns, wakes or begins to poll may leave something out, which is counted; the ends of polls and tasks
//            are not: what a record says of now must be right.
// Threads:   [any].
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "host/trace/record_sets.hpp"
#include "host/trace/task_record.hpp"

namespace tokiod::host::trace {

struct birth {
  task::task_id id = 0;
  task::task_id parent = 0;
  task_kind kind = task_kind::task;
  bool seen = true;  // false: it lives already
  std::string_view instance, name, file, function = {};
  std::uint32_t line = 0, column = 0;
  std::uint64_t bytes = 0, least_bytes = 0;
};

// How a task came to a poll, where that was measured. How long it was runnable is known better where runnable() was
// heard: this wraps, and is of a runtime's clock that others may move.
struct run_up {
  duration_ns runnable = 0;
  bool again = false;  // woken in the poll before, or yielded
};

class task_book {
 public:
  explicit task_book(std::size_t tasks) : all_(tasks) {}  // rounded up to whole sets

  // ---- by whoever spawns, polls, wakes and ends tasks
  void begin(const birth& of, instant_ns now);  // nothing new when it has a record
  // False: it has no record, though one may be begun.
  bool poll_begins(task::task_id id, instant_ns now, const std::optional<run_up>& before);
  void poll_ends(task::task_id id, instant_ns begun, instant_ns now, bool yielded = false);
  // The same for who does not know when that began, or whether that was told.
  void local_poll_ends(task::task_id id, instant_ns now, bool yielded);
  void woken(task::task_id id, bool by_itself, instant_ns now);
  void runnable(task::task_id id, instant_ns now);  // from now on it waits for a poll
  [[nodiscard]] bool knows(task::task_id id) const { return all_.knows(id); }
  void ends(task::task_id id, task_end how, instant_ns now);  // the first end counts
  void forget(task::task_id id) { all_.forget(id); }          // it was not spawned after all

  // ---- by observers
  [[nodiscard]] std::optional<task_record> find(task::task_id id) const { return all_.find(id); }
  // Those that changed at `since` or later, by the clock under their lock, and those that are polled; by id.
  [[nodiscard]] std::vector<task_record> changed_since(instant_ns since) const {
    return all_.select([=](const task_record& each) { return each.changed >= since || each.in_poll; });
  }
  // A watched record stays, however old it is; also one that is not begun yet. As many ends as beginnings.
  void watch(task::task_id id, bool on) { all_.watch(id, on); }
  void forget_ended_before(instant_ns time) { all_.forget_ended_before(time); }
  void clear() { all_.clear(); }
  [[nodiscard]] std::size_t capacity() const { return all_.capacity(); }
  [[nodiscard]] std::uint64_t dropped() const { return all_.dropped(); }

 private:
  record_sets<task_record> all_;
};

}  // namespace tokiod::host::trace
