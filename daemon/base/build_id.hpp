// The build ids of the files that are mapped into this process: what names the debug information that fits.
// Invariant: reads the notes that are in memory, no file.
// Threads:   [any]; waits for no plugin: the lock that the loader takes for it is not held while constructors run.
#pragma once
#include <map>
#include <string>

namespace tokiod {

// By the file as the loader was told it, "" for this program, in hexadecimal digits. What has none is left out.
[[nodiscard]] std::map<std::string, std::string> build_ids();

}  // namespace tokiod
