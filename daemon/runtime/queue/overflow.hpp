// Chains of tasks, and where a full run queue sends the newer half of its own: a concept, so that the queue knows no
// shard.
// Threads: the owner of the queue, or of the chain.
#pragma once
#include <cstdint>
#include <utility>

namespace tokiod::queue {

// Tasks linked through `next`, in the order they are to run.
template <class Task>
struct chain {
  Task* first = nullptr;
  Task* last = nullptr;
  std::uint32_t count = 0;
};

// Behind the others. The tasks belong to whoever has the chain.
template <class Task>
void append(chain<Task>& to, const chain<Task>& more) {
  if (more.count == 0) return;
  if (to.last == nullptr) {
    to = more;
    return;
  }
  to.last->next.set(more.first);
  to.last = more.last;
  to.count += more.count;
}
template <class Task>
void append(chain<Task>& to, Task& task) {
  task.next.set(nullptr);
  append(to, chain<Task>{&task, &task, 1});
}
// Up to `limit` of the first ones, which leave the chain.
template <class Task>
[[nodiscard]] chain<Task> cut(chain<Task>& from, std::uint32_t limit) {
  if (from.count <= limit) return std::exchange(from, {});
  if (limit == 0) return {};
  chain<Task> taken{from.first, from.first, limit};
  for (std::uint32_t i = 1; i < limit; ++i) taken.last = taken.last->next.get();
  from.first = taken.last->next.get();
  from.count -= limit;
  taken.last->next.set(nullptr);
  return taken;
}

template <class T, class Task>
concept overflow_for = requires(T& target, chain<Task> tasks) {
  { target.overflow(tasks) } noexcept;
};

}  // namespace tokiod::queue
