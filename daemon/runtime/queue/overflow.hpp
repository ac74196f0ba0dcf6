// Chains of tasks, and where a full run queue sends the newer half of its own: a concept, so that the queue knows no
// shard.
// Threads: the owner of the queue, or of the chain.
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

// Behind the others. The task belongs to whoever has the chain.
template <class Task>
void append(chain<Task>& to, Task& task) {
  task.next.set(nullptr);
  if (to.last == nullptr) {
    to.first = &task;
  } else {
    to.last->next.set(&task);
  }
  to.last = &task;
  ++to.count;
}

template <class T, class Task>
concept overflow_for = requires(T& target, chain<Task> tasks) {
  { target.overflow(tasks) } noexcept;
};

}  // namespace tokiod::queue
