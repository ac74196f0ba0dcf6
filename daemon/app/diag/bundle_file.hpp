// Where bundles are kept, and the crash reports that go into them.
// Invariant: a bundle's file is readable by its owner only, from its first byte; at most `most_bundles` are kept, the
//            oldest give way.
// Threads:   [operation], one at a time.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace tokiod::app {

inline constexpr std::size_t most_bundles = 4;
inline constexpr std::size_t most_reports = 8;
inline constexpr std::size_t most_report_bytes = 128 * 1024;

// Under `state`/bundle; gives the path. Fails: unsupported, there is no state directory; io_error.
[[nodiscard]] outcome<std::string> keep_bundle(const std::string& state, std::string_view bytes, std::int64_t now_ns);
// Name and text of the newest, but for the records of the log, which are not for whoever gets the bundle.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> crash_reports_in(const std::string& state);

}  // namespace tokiod::app
