// Rules between settings, and the step from a checked document to plain values.
// Threads: plain values.
#pragma once
#include "config/config.hpp"
#include "config/document.hpp"

namespace tokiod::config {

// `effective` passed check_document() layer by layer, so every value has its type; what is missing or null keeps its
// default.
[[nodiscard]] config values_of(const wire::json& effective);

// Faults that only the whole shows: an instance without a plugin, two sockets on one path. Sources come from `origins`.
void check_whole(const config& c, const std::map<std::string, std::string>& origins, faults& found);

}  // namespace tokiod::config
