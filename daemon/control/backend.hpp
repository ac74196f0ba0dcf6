// What the control methods need of the daemon, as a narrow face with values only. app/ gives the live one; tests give a
// fake.
// Invariant: no function throws or keeps a reference to its arguments.
// Threads:   [control]: called on the control thread; reads snapshots and takes short locks that are never held while
//            plugin code runs, so that it answers while every worker is stuck. [reader]: called on a reader's thread;
//            may take some milliseconds more (files, a walk over all tasks), never waits for a plugin or a worker.
//            [operation]: called on a thread for operations, may wait up to its own deadline; at most one at a time
//            per plugin. All may overlap.
#pragma once
#include "control/backend/config.hpp"
#include "control/backend/daemon.hpp"
#include "control/backend/diag.hpp"
#include "control/backend/metrics.hpp"
#include "control/backend/plugin.hpp"
#include "control/backend/resource.hpp"
#include "control/backend/runtime.hpp"
#include "control/backend/task.hpp"
#include "control/backend/waiting.hpp"

namespace tokiod::control {

// Virtual: who carries one face out is written apart from who carries the others out, and both meet in one object.
class backend : public virtual config_face,
                public virtual daemon_face,
                public virtual diag_face,
                public virtual metrics_face,
                public virtual plugin_face,
                public virtual resource_face,
                public virtual runtime_face,
                public virtual task_face,
                public virtual waiting_face {};

}  // namespace tokiod::control
