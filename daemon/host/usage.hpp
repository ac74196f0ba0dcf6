// What an instance uses and holds, as values: from its ledger, and from the runtime's counters of its tasks.
// Threads: [any]; reads atomics only.
#pragma once
#include <string>
#include <vector>

#include "host/registry_views.hpp"

struct tokio_plugin;

namespace tokiod::host {

[[nodiscard]] usage_view usage_of(const tokio_plugin& p);

// Kinds with a count that is not zero. `pins`: what plugin code can still be reached through, which must end before
// fini. `handles`: what the host takes back afterwards if the plugin left it.
[[nodiscard]] std::vector<held> pins_of(const tokio_plugin& p);
[[nodiscard]] std::vector<held> handles_of(const tokio_plugin& p);

// One sentence per pin, tasks by name, while the image is mapped.
[[nodiscard]] std::vector<std::string> blockers_of(const tokio_plugin& p);

}  // namespace tokiod::host
