// What the configuration says about plugin instances, carried out on the registry: at the start, and after a change.
// Invariant: at the start, one instance's failure is a sentence for the log and does not keep the others from starting.
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

// What would become of an instance's change: "live", "restart_plugin:NAME", or why it is refused. `ask`: its plugin is
// asked, which may take as long as its init may.
[[nodiscard]] outcome<std::string> plan_instance(host::registry& plugins, const config::change& c,
                                                 const config::config& next, bool ask);
// Carries out one change of an instance, which stands in the configuration `next` or does not.
[[nodiscard]] outcome<void> follow_instance(host::registry& plugins, const config::change& c,
                                            const config::config& next);
[[nodiscard]] bool is_instance(const config::change& c);

}  // namespace tokiod::app
