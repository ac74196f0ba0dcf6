// The configuration in force: control/backend/config.hpp for the running daemon.
// Threads: as that file says.
#pragma once
#include "app/live/parts.hpp"
#include "control/backend/config.hpp"

namespace tokiod::app {

class live_settings : public virtual control::config_face {
 public:
  explicit live_settings(const live_parts& parts) : parts_(parts) {}

  [[nodiscard]] control::config_status config() const override;
  [[nodiscard]] outcome<wire::json> config_get(std::string_view path, bool origin, config::audience to) const override;
  [[nodiscard]] wire::json config_check(const wire::json& document) const override;
  [[nodiscard]] outcome<wire::json> config_schema(std::string_view path) const override;
  outcome<wire::json> config_reload(std::string_view reason) override;

 private:
  const live_parts parts_;
};

// One reload, told to the service manager and to the log: for SIGHUP and config.reload alike. Waits [any but a worker].
outcome<reload_report> reload_now(const live_parts& parts, std::string_view reason);

}  // namespace tokiod::app
