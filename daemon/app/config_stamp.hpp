// Whether the files of a configuration may have changed, without reading one of them.
// Invariant: two stamps that are equal and not empty are of the same files with the same bytes.
// Threads:   pure but for what it asks the file system [any].
#pragma once
#include <cstdint>
#include <string>

#include "config/load.hpp"

namespace tokiod::app {

// Of every file and folder that load() would look at. Empty: one of them changed so shortly before `wall_ns` that its
// times may not tell the next change from this one.
[[nodiscard]] std::string config_stamp(const config::sources& from, std::int64_t wall_ns);

}  // namespace tokiod::app
