// What the configuration says about plugin instances, carried out on the registry: at the start, and after a reload.
// Invariant: one instance's failure is a sentence for the log and does not keep the others from starting.
// Threads:   [any but a worker]; the functions wait for plugins, up to their deadlines.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/diff.hpp"
#include "host/registry.hpp"

namespace tokiod::app {

// Loads the image unless it is there, and starts the instance.
[[nodiscard]] outcome<host::instance_view> bring_up(host::registry& plugins, const std::string& name,
                                                    const config::plugin_instance& as);

// Every enabled instance, by name, but for those of plugins that are held back. Returns what went wrong.
std::vector<std::string> start_instances(host::registry& plugins, const config::config& values,
                                         const std::map<std::string, std::string>& held_back);

// What changed below /plugins: directories, and instances that came, went or changed. Returns what went wrong.
std::vector<std::string> follow_plugin_changes(host::registry& plugins, const std::vector<config::change>& changes,
                                               const config::config& next);

}  // namespace tokiod::app
