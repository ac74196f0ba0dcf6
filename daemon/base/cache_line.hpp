// The one place that states how far apart two words must be so that writers of one do not slow readers of the other.
// 128, not 64: x86 prefetches lines in pairs, and Arm's large cores have 128-byte lines. Threads: no state.
#pragma once
#include <cstddef>
#include <utility>

namespace tokiod {

inline constexpr std::size_t cache_line = 128;

// A value alone on its line: for words that several cores write.
template <class T>
struct alignas(cache_line) cache_aligned {
  cache_aligned() = default;
  template <class... Args>
  explicit cache_aligned(std::in_place_t, Args&&... args) : value(std::forward<Args>(args)...) {}

  [[nodiscard]] T& operator*() { return value; }
  [[nodiscard]] const T& operator*() const { return value; }
  [[nodiscard]] T* operator->() { return &value; }
  [[nodiscard]] const T* operator->() const { return &value; }

  T value{};
};

}  // namespace tokiod
