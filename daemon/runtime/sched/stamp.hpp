// How the time at which a task became runnable, by the runtime's clock, is kept in the 32 bits that its header has for
// it, and how often it is. Invariant: a stamp is never 0; a span is right to 16 ns, and wraps at 2^36 ns (69 s), where
// the histograms end. Threads:   no state.
#pragma once
#include <cstdint>

#include "base/clock.hpp"

namespace tokiod::sched {

inline constexpr std::uint32_t sampled_one_in = 32;

[[nodiscard]] inline std::uint32_t stamp_at(instant_ns now) { return static_cast<std::uint32_t>(now >> 4) | 1; }

[[nodiscard]] inline duration_ns time_since(std::uint32_t stamp, instant_ns now) {
  return duration_ns{stamp_at(now) - stamp} << 4;
}

// For those who have no random numbers of their own: whether the n-th is one of the sampled.
[[nodiscard]] inline bool is_sampled(std::uint64_t n) {
  constexpr std::uint64_t golden = 0x9e37'79b9'7f4a'7c15;
  return n * golden <= UINT64_MAX / sampled_one_in;
}

}  // namespace tokiod::sched
