// The daemon as a whole: control/backend/daemon.hpp for the running daemon.
// Threads: as that file says.
#pragma once
#include "app/live/parts.hpp"
#include "control/backend/daemon.hpp"

namespace tokiod::app {

class live_daemon : public virtual control::daemon_face {
 public:
  explicit live_daemon(const live_parts& parts) : parts_(parts) {}

  [[nodiscard]] control::daemon_state state() const override;
  [[nodiscard]] control::daemon_info info() const override;
  [[nodiscard]] std::vector<control::health_check> health() const override;
  outcome<void> shutdown(const control::shutdown_order& order) override;

 private:
  const live_parts parts_;
};

// True when every worker that is not retired has been inside one poll for `limit` or longer.
[[nodiscard]] bool all_workers_stuck(const runtime_view& view, duration_ns limit);

// One line for the service manager: "running, 2 workers, 14 tasks, plugins: echo, redis".
[[nodiscard]] std::string status_line(const live_parts& parts);

}  // namespace tokiod::app
