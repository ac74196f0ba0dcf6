#include "app/diag/fault_policy.hpp"

#include <cstdlib>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"

namespace tokiod::app {
namespace {

void end_instance(const new_faults& of, const std::string& why, host::registry& plugins) {
  if (const auto ended = plugins.fail(of.instance, why); !ended)  // it is ending already, most likely
    log::info("host", ended.error().sentence, {{"instance", of.instance}});
}

}  // namespace

void answer_fault(const new_faults& of, const config::plugins_settings& values, host::registry& plugins,
                  const crash_loop& crashes) {
  const auto configured = values.instances.find(of.instance);
  const std::string wanted = configured == values.instances.end() ? "log" : configured->second.on_fault;
  if (wanted == "log") return;  // who saw the fault has logged it
  const std::string why =
      "of its panics and calls that break a rule, " + std::to_string(of.came) + " new; on_fault is " + wanted;
  if (wanted == "abort") {
    log::error("host", "instance " + of.instance + ": " + why, {{"plugin", of.plugin}});
    log::flush_within(second);  // a log that hangs does not keep it alive
    std::abort();
  }
  if (wanted == "quarantine") {
    const auto now = wall_clock_ns() / static_cast<std::int64_t>(second);
    if (const auto kept = crashes.quarantine_for_faults(of.plugin, of.instance, of.all, now); kept) {
      log::warn("host", "plugin " + of.plugin + " is quarantined from the next start on: " + *kept);
      plugins.hold_back(of.plugin, *kept);
    } else {
      log::error("host", kept.error().sentence, {{"plugin", of.plugin}});
    }
  }
  end_instance(of, why, plugins);
}

}  // namespace tokiod::app
