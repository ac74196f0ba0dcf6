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
  std::expected<control::upgrade_report, control::upgrade_refusal> upgrade(
      const control::upgrade_order& order, const std::function<bool()>& given_up) override {
    return parts_.become(order, given_up);
  }
  [[nodiscard]] control::maintenance_info maintenance() const override;
  control::maintenance_info maintain(const control::maintenance_order& order) override;
  [[nodiscard]] std::vector<control::crash_info> crashes(std::size_t limit) const override;
  [[nodiscard]] std::optional<control::crash_info> last_crash() const override;

 private:
  const live_parts parts_;
};

// True when every worker that is not retired has been inside one poll for `limit` or longer.
[[nodiscard]] bool all_workers_stuck(const runtime_view& view, duration_ns limit);

// True when a poll has lasted for `limit` or longer, also one whose worker was taken over. A walk over all tasks.
[[nodiscard]] bool any_poll_stuck(const tokiod::runtime& rt, duration_ns limit);

// One line for the service manager: "running, 2 workers, 14 tasks, plugins: echo, redis".
[[nodiscard]] std::string status_line(const live_parts& parts);

}  // namespace tokiod::app
