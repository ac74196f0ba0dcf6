// A task's first steps: a slot becomes a prepared header with room for a body, then a task.
// Invariant: a prepared task has no key and belongs to whoever prepared it, who spawns or discards it.
// Threads:   the thread that holds the local heap.
#pragma once
#include <cstddef>
#include <expected>

#include "runtime/memory/heap.hpp"
#include "runtime/task/header.hpp"

namespace tokiod::task {

struct spawn_options {
  bool with_join_handle = false;
  std::uint16_t home = 0;
  traits kind;
  task_id id = 0;  // taken before; 0: the next one
};

// Room for a header and `body_bytes` behind it.
[[nodiscard]] inline std::expected<header*, memory::shortage> prepare(memory::local_heap& heap, const body_ops& ops,
                                                                      const void* about, std::size_t body_bytes) {
  const auto slot = heap.allocate(memory::slot_kind::task, body_offset + body_bytes);
  if (!slot) [[unlikely]]
    return std::unexpected(slot.error());
  auto* task = static_cast<header*>(*slot);
  task->ops = &ops;
  task->stamped.set(static_cast<std::uint32_t>(body_bytes));
  // Release, here and for the id: a walker that reads a new tenant's value must then see the new generation.
  task->about.store(about, release);
  return task;
}

// Gives back what prepare() gave; the body must hold nothing. The generation does not change: nobody had a key.
inline void discard(header& task, memory::local_heap& heap) { heap.free(&task); }

// The task exists from here on; the caller counts it and hands it to a door's schedule().
template <class P>
basic_key<basic_header<P>> spawn(basic_header<P>& task, task_id id, const spawn_options& options) {
  task.id.store(id, release);
  task.joiner.store({});
  task.home = options.home;
  task.end.set(end_kind::none);
  task.kind = options.kind;
  task.stamped.set(0);
  return {&task, task.state.spawn(options.with_join_handle)};
}

}  // namespace tokiod::task
