// A daemon that is only a backend: fixed answers, and switches that a test turns to make things slow, wrong or late.
// Invariant: every answer is plausible, so that each method's example succeeds.
// Threads:   any; the switches are guarded.
#pragma once
#include "control/backend.hpp"
#include "support/fake/config.hpp"
#include "support/fake/daemon.hpp"
#include "support/fake/diag.hpp"
#include "support/fake/metrics.hpp"
#include "support/fake/plugin.hpp"
#include "support/fake/runtime.hpp"
#include "support/fake/task.hpp"
#include "support/fake/waiting.hpp"

namespace tokiod::test {

class fake_backend final : public backend,
                           public fake_config,
                           public fake_daemon,
                           public fake_diag,
                           public fake_metrics,
                           public fake_plugin,
                           public fake_runtime,
                           public fake_task,
                           public fake_waiting {};

}  // namespace tokiod::test
