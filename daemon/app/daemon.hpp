// Builds every part in order, wires them, and takes them down in reverse order.
//
//   start  1 log   2 runtime   3 plugin registry   4 control sockets   5 plugin instances   6 READY
//   stop   1 STOPPING, no new mutations   2 plugins drained, images unloaded   3 runtime stopped
//          4 last replies out, control closed   5 log written out
//
// Invariant: the control sockets answer from step 4 of the start to step 4 of the stop.
// Threads:   serve, run_plugin [main, with the signals blocked and no other thread but the log's].
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/handover.hpp"
#include "app/options.hpp"
#include "base/clock.hpp"
#include "config/load.hpp"

namespace tokiod::app {

// What the runtime gets after the deadline of the plugins, for what they left behind.
inline constexpr duration_ns runtime_grace = 2 * second;

// The log as the configuration wants it.
void start_log(const config::log_settings& settings);

// Serves until a signal or daemon.shutdown; returns the exit code. `from`: another process is served until this one
// can.
[[nodiscard]] int serve(const options& o, config::loaded values, std::vector<std::string> command_line,
                        std::optional<inheritance> from = {});

// Runs one plugin until it finishes, or until a signal; returns its status.
[[nodiscard]] int run_plugin(const options& o, const config::loaded& values);

}  // namespace tokiod::app
