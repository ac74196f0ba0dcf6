// The end of a runtime, in numbered steps:
//   1  close every owner: no spawn succeeds any more
//   2  ask every task to stop, and let the workers end them: an idle task without another poll, a running one when its
//      poll returns
//   3  stop every reactor and close every queue of timers: whoever waits for them from outside (in block_on, in a job
//      that runs, in another runtime) is woken and finds them gone; before step 4, which waits for such jobs
//   4  stop the blocking pool: jobs that have not started are dropped unless they are mandatory, the others awaited
//   5  tell the workers to leave, and join them
//   6  alone now: end what still stands in a queue
// Invariant: each step is complete before the next begins, or the deadline has passed; step 6 happens only alone.
// Threads:   stop [one]; the deadline may be moved nearer by any thread meanwhile.
#pragma once
#include <functional>

#include "runtime/sched/deadline.hpp"
#include "runtime/sched/engine.hpp"

namespace tokiod::sched {

// What differs between the flavors.
struct stop_hooks {
  std::function<void()> let_workers_run;  // for a moment; current_thread drives its core here
  std::function<bool(const moving_deadline& deadline)> stop_blocking;
  std::function<bool(const moving_deadline& deadline)> leave;
};

// Step 3. It may be done earlier, by whoever has ended all that could use them. Twice is harmless. [any]
void stop_drivers(engine& all);

// False: a poll or a job did not return in time. Then threads of ours still run, and nothing may be destroyed.
[[nodiscard]] bool stop(engine& all, const stop_hooks& hooks, const moving_deadline& deadline);

}  // namespace tokiod::sched
