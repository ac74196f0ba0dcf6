// What is in a folder, by name.
// Threads: [any]; reads the file system.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace tokiod::app {

// Names that begin and end so, sorted; of a folder that is missing or cannot be read none, or those that could.
[[nodiscard]] std::vector<std::string> names_in(const std::string& folder, std::string_view prefix = {},
                                                std::string_view ending = {});

}  // namespace tokiod::app
