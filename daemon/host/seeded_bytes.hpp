// Randomness that is a function of a seed, for an instance whose every choice is to happen again.
// Invariant: the same calls in the same order are given the same bytes.
// Threads:   [any].
#pragma once
#include <cstddef>
#include <cstring>
#include <mutex>
#include <span>

#include "base/random.hpp"

namespace tokiod::host {

class seeded_bytes {
 public:
  explicit seeded_bytes(std::uint64_t seed) : state_(seed) {}

  void fill(std::span<std::byte> into) {
    const std::lock_guard hold(mutex_);
    while (!into.empty()) {
      const std::uint64_t word = state_.next();
      const std::size_t part = into.size() < sizeof word ? into.size() : sizeof word;
      std::memcpy(into.data(), &word, part);
      into = into.subspan(part);
    }
  }

 private:
  std::mutex mutex_;
  fast_random state_;
};

}  // namespace tokiod::host
