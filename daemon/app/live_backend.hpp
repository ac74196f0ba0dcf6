// What the control methods see of the running daemon: the runtime, the plugins, the configuration, the main loop.
// Invariant: no function marked [control] in control/backend.hpp waits for a worker or a plugin.
// Threads:   as control/backend.hpp says for each function.
#pragma once
#include "app/live/config.hpp"
#include "app/live/daemon.hpp"
#include "app/live/diag.hpp"
#include "app/live/metrics.hpp"
#include "app/live/plugin.hpp"
#include "app/live/resource.hpp"
#include "app/live/runtime.hpp"
#include "app/live/task.hpp"
#include "app/live/waiting.hpp"
#include "control/backend.hpp"

namespace tokiod::app {

class live_backend final : public control::backend,
                           public live_daemon,
                           public live_diag,
                           public live_metrics,
                           public live_plugin,
                           public live_resource,
                           public live_runtime,
                           public live_settings,
                           public live_task,
                           public live_waiting {
 public:
  explicit live_backend(const live_parts& parts)
      : live_daemon(parts),
        live_diag(parts),
        live_metrics(parts),
        live_plugin(parts),
        live_resource(parts),
        live_runtime(parts),
        live_settings(parts),
        live_task(parts),
        live_waiting(parts) {}
};

}  // namespace tokiod::app
