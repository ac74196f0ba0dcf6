// The time of day as the store wants it.
// Threads: [any] that works for an instance.
#pragma once
#include "store.hpp"
#include "tokio/core/host.hpp"

namespace redis {

inline unix_ms wall_ms() {
  constexpr std::int64_t ns_per_ms = 1'000'000;
  return tokio::host.core->wall_ns(tokio::current_instance("the time of day needs an instance")) / ns_per_ms;
}

}  // namespace redis
