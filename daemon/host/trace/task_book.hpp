// The records of tasks while somebody listens: memory of a fixed size, in sets of a few records, one lock for each.
// Invariant: a task's record lies in the set that its id says. Who spawns, wakes or begins to poll, and finds a set
// locked
//            for longer than a copy of a record takes, or full of tasks that live, writes nothing and counts that; so
//            does who needs the place of one that ended. The ends of polls and tasks wait for a copy: what a record
//            says of now must be right.
// Threads:   [any].
#pragma once
#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/cache_line.hpp"
#include "base/policy.hpp"
#include "base/spin_lock.hpp"
#include "host/trace/task_record.hpp"

namespace tokiod::host::trace {

struct birth {
  task::task_id id = 0;
  task::task_id parent = 0;
  task_kind kind = task_kind::task;
  bool seen = true;  // false: it lives already
  std::string_view instance, name, file;
  std::uint32_t line = 0;
  std::uint64_t bytes = 0, least_bytes = 0;
};

// How a task came to a poll, where that was measured.
struct run_up {
  duration_ns runnable = 0;
  bool again = false;  // woken in the poll before, or yielded
};

class task_book {
 public:
  explicit task_book(std::size_t tasks);  // rounded up to whole sets

  // ---- by whoever spawns, polls, wakes and ends tasks
  void begin(const birth& of, instant_ns now);  // nothing new when it has a record
  // False: it has no record, though one may be begun.
  bool poll_begins(task::task_id id, instant_ns now, const std::optional<run_up>& before);
  void poll_ends(task::task_id id, instant_ns begun, instant_ns now, bool yielded = false);
  void woken(task::task_id id, bool by_itself, instant_ns now);
  void ends(task::task_id id, task_end how, instant_ns now);  // the first end counts
  void forget(task::task_id id);                              // it was not spawned after all

  // ---- by observers
  [[nodiscard]] std::optional<task_record> find(task::task_id id) const;
  // Those that changed at `since` or later, by the clock under their lock, and those that are polled; by id.
  [[nodiscard]] std::vector<task_record> changed_since(instant_ns since) const;
  // A watched record stays, however old it is; also one that is not begun yet. As many ends as beginnings.
  void watch(task::task_id id, bool on);
  void forget_ended_before(instant_ns time);
  void clear();
  [[nodiscard]] std::size_t capacity() const { return set_count_ * per_set; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(relaxed); }

 private:
  static constexpr std::size_t per_set = 8;
  using row = task_record;  // id 0: free
  struct watched {
    task::task_id id = 0;
    std::uint32_t by = 0;
  };
  struct alignas(cache_line) set {
    mutable spin_lock lock;
    std::array<row, per_set> rows;
    std::array<watched, per_set> kept;  // more are not kept

    [[nodiscard]] row* of(task::task_id id);
    [[nodiscard]] row* room();
    [[nodiscard]] bool may_go(const row& of) const;
  };
  [[nodiscard]] set& set_of(task::task_id id) const { return sets_[id % set_count_]; }
  template <class Change>
  bool change(task::task_id id, Change change);
  template <class Change>
  bool must_change(task::task_id id, Change change);
  template <class Change>
  static bool changed(set& in, task::task_id id, Change change);
  [[nodiscard]] bool try_lock(set& in);

  const std::size_t set_count_;
  const std::unique_ptr<set[]> sets_;
  // No model: a sum, relaxed, nothing else is published.
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace tokiod::host::trace
