// The configuration's values as the options of each part. No part knows the configuration; this is the translation.
// Threads: plain values.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "app/notify.hpp"
#include "base/log.hpp"
#include "config/config.hpp"
#include "control/options.hpp"
#include "host/registry.hpp"
#include "runtime/runtime.hpp"

namespace tokiod::app {

[[nodiscard]] log::levels levels_of(const config::log_settings& s);
[[nodiscard]] runtime_options runtime_options_of(const config::runtime_settings& s);
[[nodiscard]] host::patience patience_of(const config::plugins_settings& s);
[[nodiscard]] host::registry_options registry_options_of(const config::plugins_settings& s);
// Descriptors that plugins do not get: one for each client of the control sockets, and some for files and libraries.
[[nodiscard]] std::uint32_t kept_descriptors_of(const config::control_settings& s);
[[nodiscard]] control::limits limits_of(const config::control_settings& s);
[[nodiscard]] std::vector<control::access_rule> access_of(const config::control_settings& s);
// The one of that name, which is left without a descriptor; none: an empty one.
[[nodiscard]] unique_fd take_socket(std::vector<passed_socket>& passed, std::string_view name);
// Sockets that systemd passed under the names "control" and "control-ro" take the place of those of the configuration;
// others are closed, with a line in the log.
[[nodiscard]] control::server_options server_options_of(const config::control_settings& s,
                                                        std::vector<passed_socket> passed);

}  // namespace tokiod::app
