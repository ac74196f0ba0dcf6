// The parts of the running daemon that its control methods look at and change.
// Invariant: all outlive the backend.
// Threads:   plain values; what they refer to says for itself.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/crash_loop.hpp"
#include "app/diag/diagnosis.hpp"
#include "app/diag/slow_polls.hpp"
#include "app/live_config.hpp"
#include "app/maintenance.hpp"
#include "app/notify.hpp"
#include "app/passing_settings.hpp"
#include "app/pausing.hpp"
#include "app/supervisor.hpp"
#include "app/task_console.hpp"
#include "control/backend/daemon.hpp"
#include "control/backend/runtime.hpp"
#include "host/registry.hpp"
#include "runtime/runtime.hpp"

namespace tokiod::app {

// What never changes while the process runs.
struct process_facts {
  std::vector<std::string> command_line;
  std::int64_t started_wall_ns = 0;
  instant_ns started = 0;
  std::uint64_t generation = 1;
};

// Changes the number of workers, and tells the log and who subscribed.
using resizer = std::function<outcome<control::resize_report>(
    std::uint32_t workers, duration_ns timeout, std::string_view reason, const std::function<bool()>& given_up)>;
// Becomes another program.
using upgrader = std::function<std::expected<control::upgrade_report, control::upgrade_refusal>(
    const control::upgrade_order&, const std::function<bool()>& given_up)>;
// Tells those who subscribed.
using teller = std::function<void(std::string_view topic, wire::json data)>;

// The parts, all of which outlive the backend.
struct live_parts {
  const process_facts& facts;
  tokiod::runtime& rt;
  host::registry& plugins;
  live_config& config;
  supervisor& life;
  notifier& manager;
  const live_config::carrier& hands;
  const resizer& resize;
  task_console& console;
  const teller& tell;
  const crash_loop& crashes;
  diagnosis& diag;
  slow_polls& slow;
  maintenance& upkeep;
  const upgrader& become;
  passing_settings& passing;
  pausing& pause;
};

}  // namespace tokiod::app
