// What follows what an instance did wrong, as the configuration says at that moment (on_fault).
// Invariant: waits for no plugin: an instance is only told to end.
// Threads:   [diagnosis].
#pragma once
#include "app/crash_loop.hpp"
#include "app/diag/fault_watch.hpp"
#include "config/config.hpp"
#include "host/registry.hpp"

namespace tokiod::app {

// Ends the process where that is what the configuration wants.
void answer_fault(const new_faults& of, const config::plugins_settings& values, host::registry& plugins,
                  const crash_loop& crashes);

}  // namespace tokiod::app
