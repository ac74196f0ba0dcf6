// What changes between two configurations, and whether a running daemon can follow.
// Threads: plain values.
#pragma once
#include <string>
#include <vector>

#include "config/load.hpp"

namespace tokiod::config {

struct change {
  std::string path;     // of a setting, or of a whole plugin instance: "/plugins/instances/echo"
  wire::json from, to;  // null: not there
  apply when = apply::restart;
  std::string origin;  // of the new value
};

// In the order of the paths.
[[nodiscard]] std::vector<change> diff(const loaded& before, const loaded& after);
// The same from a document alone: credentials that have another text now are no change then.
[[nodiscard]] std::vector<change> diff(const wire::json& before, const loaded& after);

}  // namespace tokiod::config
