// Where a full run queue sends the newer half of its tasks. A concept, so that the queue knows no shard.
// Threads: the owner of the queue.
#pragma once
#include <cstdint>

namespace tokiod::queue {

// Tasks linked through `next`, in the order they are to run.
template <class Task>
struct chain {
  Task* first = nullptr;
  Task* last = nullptr;
  std::uint32_t count = 0;
};

template <class T, class Task>
concept overflow_for = requires(T& target, chain<Task> tasks) {
  { target.overflow(tasks) } noexcept;
};

}  // namespace tokiod::queue
