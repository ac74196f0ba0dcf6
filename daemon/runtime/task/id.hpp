// A number for every task, unique in the process and never used again: what people and logs call a task by.
// Invariant: no id is handed out twice; 0 is no task.
// Threads:   id_source [any]; id_block [one at a time].
// No model: one counter, nothing else is published.
#pragma once
#include <atomic>
#include <cstdint>

#include "base/policy.hpp"

namespace tokiod::task {

using task_id = std::uint64_t;

// Where blocks of ids come from: one shared addition for every id_block::size spawns of a core.
class id_source {
 public:
  // Relaxed is enough: the addition alone makes ranges disjoint, and an id carries no other data.
  [[nodiscard]] task_id take(std::uint64_t count) { return next_.fetch_add(count, relaxed); }

 private:
  std::atomic<task_id> next_{1};
};

// A core's supply.
class id_block {
 public:
  static constexpr std::uint64_t size = 1024;

  [[nodiscard]] task_id take(id_source& source) {
    if (next_ == end_) [[unlikely]] {
      next_ = source.take(size);
      end_ = next_ + size;
    }
    return next_++;
  }

 private:
  task_id next_ = 0;
  task_id end_ = 0;
};

}  // namespace tokiod::task
