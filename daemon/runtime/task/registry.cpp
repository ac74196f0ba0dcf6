#include "runtime/task/registry.hpp"

namespace tokiod::task {

bool look_at(header& slot, sighting& seen) {
  using state = basic_state<real_policy>;
  const auto before = slot.state.load();  // acquire: pairs with spawn()
  if (!state::is_live(before)) return false;
  // Acquire: if either is a later tenant's (release in prepare() and spawn()), the second load of the word sees that
  // tenant's generation and the sighting is thrown away.
  seen.about = slot.about.load(acquire);
  seen.id = slot.id.load(acquire);
  seen.word = slot.state.load();
  seen.which = {&slot, state::generation_of(before)};
  return state::is_live(seen.word) && state::generation_of(seen.word) == seen.which.generation;
}

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
