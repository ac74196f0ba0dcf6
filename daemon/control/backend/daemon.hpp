// The daemon as a whole. A part of control/backend.hpp.
// Threads: [control].
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "control/backend/common.hpp"

namespace tokiod::control {

struct daemon_info {
  std::string version;
  std::string abi;
  std::string compiler;
  pid_t pid = 0;
  uid_t uid = 0;
  std::int64_t started_wall_ns = 0;
  double uptime_seconds = 0;
  std::vector<std::string> command_line;
  std::vector<std::string> config_files;
  bool systemd_notify = false;
  std::uint64_t systemd_watchdog_us = 0;
};

struct health_check {
  std::string name;
  bool ok = false;
  std::string detail;
  bool vital = false;  // a failing vital check means not live; any failing check means not ready
};

struct shutdown_order {
  bool drain = true;
  std::optional<double> deadline_s;
  int exit_code = 0;
  std::string reason;
};

class daemon_face {
 public:
  virtual ~daemon_face() = default;

  [[nodiscard]] virtual daemon_state state() const = 0;
  [[nodiscard]] virtual daemon_info info() const = 0;
  [[nodiscard]] virtual std::vector<health_check> health() const = 0;
  virtual outcome<void> shutdown(const shutdown_order& order) = 0;  // begins it and returns
};

}  // namespace tokiod::control
