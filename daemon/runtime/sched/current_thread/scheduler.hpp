// The current-thread flavor: one core, driven by whoever calls run_until(). First in, first out: no LIFO slot.
// Invariant: between two calls the core has no holder, and tasks stand still.
// Threads:   run_until [one at a time, on a thread that drives no runtime]; nudge [any].
#pragma once
#include <functional>

#include "runtime/sched/engine.hpp"

namespace tokiod::sched::current_thread {

// Called when there is nothing to run, with the next timer's deadline (`never`: none). True: it changed something, as
// a test that moves its clock does; then the thread looks again instead of sleeping.
using idle_hook = std::function<bool(instant_ns next_deadline)>;

class scheduler {
 public:
  explicit scheduler(engine& of) : all_(of) {}

  // Polls, fires and waits until done() or `deadline` (of the runtime's clock); returns what done() says last. done()
  // is asked before every poll. `answers`: where this thread says what it is doing; null: it does not.
  bool run_until(const std::function<bool()>& done, instant_ns deadline, const idle_hook& idle,
                 stack_place* answers = nullptr);

  // Makes a sleeping run_until() look at done() again.
  void nudge() { all_.unpark_all(); }

 private:
  engine& all_;
};

}  // namespace tokiod::sched::current_thread
