// The command line of tokiod as values: what to do, and where the configuration comes from.
// Invariant: an option that has no meaning for the chosen command is refused, never ignored.
// Threads:   plain values.
#pragma once
#include <expected>
#include <string>
#include <vector>

#include "config/load.hpp"

namespace tokiod::app {

// Exit codes, as sysexits.h and systemd know them.
inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 64;
inline constexpr int exit_unavailable = 69;
inline constexpr int exit_internal = 70;
inline constexpr int exit_abandoned = 75;  // tasks had to be left behind
inline constexpr int exit_config = 78;

enum class command : std::uint8_t { serve, check_config, print_config, run_plugin };

struct options {
  command what = command::serve;
  config::sources sources;
  std::string plugin;                // of run_plugin: a path, or a name in a plugin directory
  std::string plugin_config = "{}";  // JSON text
};

// The program is to end at once: with help or version on standard output, or a sentence on standard error.
struct early_exit {
  int code = exit_ok;
  std::string text;
};

// An option or command as it is written, "--config FILE", and what it does: what the manual is made of.
struct option_row {
  std::string usage, doc;
};
[[nodiscard]] std::vector<option_row> option_rows();

// `environment` is environ.
[[nodiscard]] std::expected<options, early_exit> parse_options(int argc, const char* const* argv,
                                                               const char* const* environment);

}  // namespace tokiod::app
