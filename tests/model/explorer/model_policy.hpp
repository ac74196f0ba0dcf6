// base/policy.hpp's names as the explorer supplies them: code under test is instantiated with model_policy and not
// changed otherwise. Constants are shrunk so that wraps, overflows and reuse happen within a few steps.
// Threads: the fibers of one execution.
#pragma once
#include <cstdint>

#include "base/policy.hpp"
#include "explorer/explorer.hpp"
#include "explorer/shim.hpp"

namespace tokiod::model {

struct model_policy {
  template <class T>
  using atomic = model::atomic<T>;
  template <class T>
  using cell = model::cell<T>;
  using mutex = model::mutex;
  using event = model::event;

  static void spin() { execution::current().yield(); }
  static void yield() { execution::current().yield(); }

  static constexpr std::uint32_t ring_capacity = 4;
  static constexpr std::uint32_t claim_max = 2;
  static constexpr std::uint32_t steal_max = 2;
  static constexpr std::uint32_t spilled_chains = 2;
  static constexpr std::uint32_t generation_bits = 2;
  static constexpr std::uint32_t join_version_bits = 2;
  static constexpr std::uint32_t max_workers = 4;
  static constexpr std::uint32_t tick_bits = 2;
  static constexpr std::uint32_t source_generation_bits = 2;

  static constexpr bool strong_guard = true;  // no membarrier in here
  static void heavy_barrier() {}
};

}  // namespace tokiod::model
