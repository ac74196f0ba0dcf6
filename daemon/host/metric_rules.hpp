// What a plugin may publish, checked once, when it creates a metric: names that read like everybody's, and nothing that
// would make a scraper drop the whole page.
// Threads: pure functions [any].
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "tokio/abi/metrics.h"

namespace tokiod::host {

// A sentence that says what is wrong; empty: nothing.
[[nodiscard]] std::string fault_of(const tokio_metric_desc& wanted);

// A counter's name without _total: OpenMetrics knows the family by it.
[[nodiscard]] std::string_view family_of(std::uint32_t kind, std::string_view name);

}  // namespace tokiod::host
