// What the host knows of plugins, and what they publish themselves, as metric families.
// Invariant: a plugin's own families are named tokiod_plugin_<file's name>_<metric> and carry the label `instance`.
// None
//            adds to a family of the daemon: one whose name would, or that meets another of its name with another kind
//            or unit, is left out and counted.
// Threads:   [any]; plain values.
#pragma once
#include <vector>

#include "control/metric_family.hpp"
#include "host/registry.hpp"

namespace tokiod::app {

[[nodiscard]] std::vector<control::metric_family> plugin_families(const std::vector<host::image_view>& images,
                                                                  const std::vector<host::metric_sample>& own);
[[nodiscard]] std::vector<control::metric_family> descriptor_families(const host::descriptor_line::view& seen);

}  // namespace tokiod::app
