// What a thread knows in the memory model: which steps of the other threads happened before now (a vector clock), and
// for each atomic the oldest store that it may still read (a view).
// Invariant: both only grow, by join().
// Threads:   one; model threads are fibers of the same thread.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace tokiod::model {

inline constexpr std::size_t max_threads = 6;
inline constexpr std::size_t max_locations = 192;  // atomics that one execution may create

struct vector_clock {
  std::array<std::uint32_t, max_threads> at{};

  void join(const vector_clock& other) {
    for (std::size_t i = 0; i < max_threads; ++i) at[i] = std::max(at[i], other.at[i]);
  }
};

// Indexed by location; entries past `size_` are zero. Copies touch only what is in use: this is the hot path.
class view {
 public:
  view() = default;
  view(const view& other) { *this = other; }
  view& operator=(const view& other) {
    std::copy_n(other.oldest_.begin(), other.size_, oldest_.begin());
    size_ = other.size_;
    return *this;
  }

  [[nodiscard]] std::uint16_t at(std::size_t location) const { return location < size_ ? oldest_[location] : 0; }

  void raise(std::size_t location, std::size_t store) {
    for (; size_ <= location; ++size_) oldest_[size_] = 0;
    oldest_[location] = std::max(oldest_[location], static_cast<std::uint16_t>(store));
  }

  void join(const view& other) {
    for (; size_ < other.size_; ++size_) oldest_[size_] = 0;
    for (std::size_t i = 0; i < other.size_; ++i) oldest_[i] = std::max(oldest_[i], other.oldest_[i]);
  }

  void clear() { size_ = 0; }

 private:
  std::array<std::uint16_t, max_locations> oldest_;
  std::size_t size_ = 0;
};

struct knowledge {
  vector_clock clock;
  view seen;

  void join(const knowledge& other) {
    clock.join(other.clock);
    seen.join(other.seen);
  }
  void clear() { *this = {}; }
};

}  // namespace tokiod::model
