// When nothing of an instance runs any more, so that fini may run and its code may go.
//
// Proof. Nothing new can begin: the owner is closed. What goes on holds a pin (a live task, a job, a callback) or
// stands inside the plugin's code, where its thread's slot shows it (guard.hpp).
//   - A job or a callback gives its pin back with a release that the sum acquires. Its thread is out of the plugin's
//     code then, or its slot shows it to whoever looks after the sum.
//   - A task is counted as ended before its body is destroyed, because a joiner may have the body right after; and the
//     count is relaxed. So zero live tasks prove little: a worker may be about to call a destructor of the plugin. But
//     it is in host code until it does. Whoever passes its guard (runtime::pass_all_guards) finds it inside the
//     destructor, where its slot shows it, or past it.
//   - A callback may submit a job and end, and a look that saw no job before and no callback after says nothing; the
//     second look sees the job.
// Model: tests/model/unload_model.cpp
#pragma once

namespace tokiod::host {

// `no_pins` looks at the tasks, then at the other pins, and then at the slots.
template <class NoPins, class PassGuards>
[[nodiscard]] bool is_quiet(NoPins no_pins, PassGuards pass_guards) {
  return no_pins() && pass_guards() && no_pins();
}

}  // namespace tokiod::host
