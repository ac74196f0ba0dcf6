// Every task of an owner, found by walking its slabs: no list, no lock and no counter per spawn.
// Invariant: a task that was live before the walk and still is afterwards is visited; one that is spawned or ends
//            meanwhile may be visited or not. What is told of a task was true of that one task, never a mixture.
// Threads:   any; trim() of the heap waits for a walk.
#pragma once
#include "runtime/memory/heap.hpp"
#include "runtime/task/handles.hpp"
#include "runtime/task/header.hpp"

namespace tokiod::task {

// One task as a walker saw it.
struct sighting {
  key which;
  task_id id = 0;
  const void* about = nullptr;
  std::uint64_t word = 0;  // state and flags: basic_state's predicates read it
};

// False: the slot holds no live task, or it changed tenants while we looked.
[[nodiscard]] bool look_at(header& slot, sighting& seen);

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
