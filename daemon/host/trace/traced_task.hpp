// The hooks of tasks and jobs for whoever listens. A task that is listened to has functions of its own for its polls,
// so that the others pay nothing for them; one that was there before gets them at its next poll.
// Invariant: nothing is changed but what is known: a task runs in the same way, listened to or not.
// Threads:   as runtime/task/body.hpp says; born, woken, job_born [any, inside host code]; the others of jobs [any].
#pragma once
#include "host/plugin_task.hpp"
#include "host/trace/listening.hpp"

namespace tokiod::host::trace {

// Before it is spawned with these options, whose id is its own from then on. [holder of the block]
void born(task::header& task, const tokio_plugin& p, task::spawn_options& options);
// It was not spawned: born() is undone.
void unborn(task::header& task, const task::spawn_options& options);
// It is about to be polled, and nobody has listened to it so far. [in its poll, before the plugin is entered]
void met(task::header& task, const tokio_plugin& p);
// Somebody woke it.
void woken(task::key which);

// A poll of the task that a relay stands for, in the poll of whoever drives it. The beginning gives what the thread
// was in before, for the end. [the thread that polls]
[[nodiscard]] task::header* local_poll_begins(task::key relay);
void local_poll_ends(task::key relay, task::header* outer, bool again);

// A blocking job. 0: nobody listened when it was made.
[[nodiscard]] task::task_id job_born(const tokio_plugin& p, std::string_view name, const tokio_place& at);
void job_begins(task::task_id job, instant_ns now);
void job_ends(task::task_id job, instant_ns begun, bool ran);
void job_unborn(task::task_id job);  // it was refused

extern const task::body_ops traced_task_ops;

}  // namespace tokiod::host::trace
