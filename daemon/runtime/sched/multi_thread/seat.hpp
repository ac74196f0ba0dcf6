// A core with the threads that hold it, held it or wait for it.
// Invariant: a thread in `leaving` was told to go, or has lost the core; nobody sits where the core is retired.
// Threads:   the lists under the scheduler's mutex.
// No model: a flag that rises once, before the core's lock is passed.
#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "base/os_thread.hpp"
#include "runtime/sched/engine.hpp"
#include "runtime/sched/multi_thread/scheduler.hpp"

namespace tokiod::sched::multi_thread {

// One thread that holds the core, or waits to hold it.
struct scheduler::occupant {
  explicit occupant(engine& of) : self(of, thread_kind::worker) {}
  thread self;
  os_thread system;
  real_policy::event seated;     // it holds the core
  std::atomic<bool> sat{false};  // it holds the core, or held it
};

struct scheduler::seat {
  explicit seat(core& its) : of(its) { vacant.set(); }
  core& of;
  real_policy::event vacant;          // nobody holds the core; taken by the next holder
  std::shared_ptr<occupant> sitting;  // holds the core, or will once it is vacant; null: retired
  std::shared_ptr<occupant> waiting;  // started for a takeover that came too late: for the next one
  occupants leaving;                  // were told to go, or lost the core, and have not ended yet
  bool retiring = false;              // nobody new may sit down
};

}  // namespace tokiod::sched::multi_thread
