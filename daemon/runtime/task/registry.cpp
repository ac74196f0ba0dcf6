#include "runtime/task/registry.hpp"

namespace tokiod::task {

std::size_t cancel_all(memory::owner_heap& heap, cancel_kind kind) {
  std::size_t asked = 0;
  heap.for_each_task_slot([&](void* slot) {
    auto& task = *static_cast<header*>(slot);
    const auto word = task.state.load();
    if (!basic_state<real_policy>::is_live(word)) return;
    const key which{&task, basic_state<real_policy>::generation_of(word)};
    switch (task.state.cancel(which.generation, kind)) {
      case cancel_outcome::schedule: scheduler_of(task).schedule(task); [[fallthrough]];
      case cancel_outcome::marked: ++asked; break;
      case cancel_outcome::gone: break;
    }
  });
  return asked;
}

}  // namespace tokiod::task
