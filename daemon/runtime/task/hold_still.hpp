// Reads the body of a task that waits, without a poll: the reader holds S meanwhile, as a poller would.
// Invariant: the body is not polled or destroyed while it is read. A wake or a cancel that comes meanwhile is kept in
// the
//            word, and the task is queued for it afterwards; otherwise it waits on as if nothing had been.
// Threads:   [any].
// Model:     tests/model/task_model.cpp
#pragma once
#include "runtime/task/header.hpp"

namespace tokiod::task {

// False: it is not idle. `resume(task)` takes S over, to queue the task.
template <class P, class Look, class Resume>
bool hold_still(basic_key<basic_header<P>> which, Look&& look, Resume&& resume) {
  const auto begun = which.task->state.claim(which.generation);
  if (!begun) return false;
  look(*which.task);
  if (which.task->state.end_pending(*begun) != pending_outcome::idle) resume(*which.task);
  return true;
}

}  // namespace tokiod::task
