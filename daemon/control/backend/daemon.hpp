// The daemon as a whole. A part of control/backend.hpp.
// Threads: [control].
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "control/backend/common.hpp"

namespace tokiod::control {

struct daemon_info {
  std::string version;
  std::string commit;  // from which it was built; "unknown": nobody knew
  std::string abi;
  std::string compiler;
  pid_t pid = 0;
  uid_t uid = 0;
  std::int64_t started_wall_ns = 0;
  double uptime_seconds = 0;
  std::vector<std::string> command_line;
  std::vector<std::string> config_files;
  std::uint64_t generation = 1;  // 1: was started by the system; each successor has one more
  bool systemd_notify = false;
  std::uint64_t systemd_watchdog_us = 0;
};

struct health_check {
  std::string name;
  bool ok = false;
  std::string detail;
  bool vital = false;   // a failing vital check means not live; any failing check means not ready
  bool advice = false;  // but for one that only tells of something: what serves goes on serving
};

struct shutdown_order {
  bool drain = true;
  std::optional<double> deadline_s;
  int exit_code = 0;
  std::string reason;
};

// Readiness that somebody took back for a while.
using maintenance_info = passing_info;

struct maintenance_order {
  bool on = false;
  std::optional<double> for_s;
  std::string reason;
};

struct upgrade_order {
  std::string program;                           // empty: what runs now
  std::optional<std::vector<std::string>> args;  // absent: those of this process
  double deadline_s = 30;                        // until it must be ready
  std::string reason;
};

struct upgrade_report {
  pid_t pid = 0;
  std::uint64_t generation = 0;  // 1: was started by the system, and each successor has one more
};

struct upgrade_refusal {
  refusal why;
  std::string stage;           // "spawn", "start", "ready", "handover"; empty: it was not begun
  std::string standard_error;  // the last that the successor said there
};

// What an earlier process wrote down when a fault ended it.
struct crash_info {
  std::string file;
  std::int64_t time = 0;  // Unix seconds
  std::string signal, plugin, instance, task, name, place;
  int worker = -1;
  bool held = false;                // it led to a quarantine
  std::vector<std::string> frames;  // innermost first: "echo.so+0x1234 symbol"
};

class daemon_face {
 public:
  virtual ~daemon_face() = default;

  [[nodiscard]] virtual daemon_state state() const = 0;
  [[nodiscard]] virtual daemon_info info() const = 0;
  [[nodiscard]] virtual std::vector<health_check> health() const = 0;
  virtual outcome<void> shutdown(const shutdown_order& order) = 0;  // begins it and returns
  // Returns once the successor serves, and this process drains; or nothing has changed. [operation]
  virtual std::expected<upgrade_report, upgrade_refusal> upgrade(const upgrade_order& order,
                                                                 const std::function<bool()>& given_up) = 0;
  [[nodiscard]] virtual maintenance_info maintenance() const = 0;
  virtual maintenance_info maintain(const maintenance_order& order) = 0;
  [[nodiscard]] virtual std::vector<crash_info> crashes(std::size_t limit) const = 0;  // [reader] the latest first
  [[nodiscard]] virtual std::optional<crash_info> last_crash() const = 0;  // there was when this process started
};

}  // namespace tokiod::control
