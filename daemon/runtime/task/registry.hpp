// Every task of an owner, found by walking its slabs: no list, no lock and no counter per spawn.
// Invariant: a task that was live before the walk and still is afterwards is visited; one that is spawned or ends
//            meanwhile may be visited or not. What is told of a task was true of that one task, never a mixture.
// Model:     tests/model/task_model.cpp
// Threads:   any; trim() of the heap waits for a walk.
#pragma once
#include "runtime/memory/heap.hpp"
#include "runtime/task/handles.hpp"
#include "runtime/task/header.hpp"

namespace tokiod::task {

// One task as a walker saw it.
template <class P>
struct basic_sighting {
  basic_key<basic_header<P>> which;
  task_id id = 0;
  const void* about = nullptr;
  std::uint64_t word = 0;  // state and flags: basic_state's predicates read it
};
using sighting = basic_sighting<real_policy>;

// False: the slot holds no live task, or it changed tenants while we looked.
template <class P>
[[nodiscard]] bool look_at(basic_header<P>& slot, basic_sighting<P>& seen) {
  using state = basic_state<P>;
  const auto before = slot.state.load();  // acquire: pairs with spawn()
  if (!state::is_live(before)) return false;
  // Acquire: if either is a later tenant's (release in prepare() and spawn()), the second load of the word sees that
  // the first tenant is gone, and the sighting is thrown away.
  seen.about = slot.about.load(acquire);
  seen.id = slot.id.load(acquire);
  seen.word = slot.state.load();
  seen.which = {&slot, state::generation_of(before)};
  return state::is_live(seen.word) && state::generation_of(seen.word) == seen.which.generation;
}

// visit(const sighting&) for every live task of the owner.
template <class Visit>
void for_each_task(memory::owner_heap& heap, Visit visit) {
  heap.for_each_task_slot([&](void* slot) {
    sighting seen;
    if (look_at(*static_cast<header*>(slot), seen)) visit(seen);
  });
}

// Asks every task of the owner to stop; returns how many were asked now. Tasks spawned meanwhile are missed: refuse
// spawns first, and repeat until none is live.
std::size_t cancel_all(memory::owner_heap& heap, cancel_kind kind);

}  // namespace tokiod::task
