// One daemon for each state directory: two would overwrite each other's crash reports and settings.
// Threads: [main].
#pragma once
#include <string>

#include "base/error.hpp"
#include "base/fd.hpp"

namespace tokiod::app {

inline constexpr const char* instance_lock_name = "instance.lock";  // under which a successor gets it

// Held for as long as the descriptor, or a copy of it in a successor, is open. Of an empty directory: none is needed.
// Fails: in_use, io_error.
[[nodiscard]] outcome<unique_fd> lock_instance(const std::string& state_directory);

}  // namespace tokiod::app
