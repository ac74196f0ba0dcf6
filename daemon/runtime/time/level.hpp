// 64 slots and a word that says which of them hold something: one digit of a wheel's time.
// Invariant: bit s of the occupancy word is set exactly if slot s has an entry.
// Threads:   under the wheel's lock.
#pragma once
#include <array>
#include <bit>
#include <cstdint>

namespace tokiod::time {

template <class Entry>
class level {
 public:
  static constexpr unsigned bits = 6;
  static constexpr unsigned slots = 1U << bits;

  [[nodiscard]] bool empty() const { return occupied_ == 0; }
  [[nodiscard]] unsigned first() const { return static_cast<unsigned>(std::countr_zero(occupied_)); }
  [[nodiscard]] Entry*& head(unsigned slot) { return heads_[slot]; }

  void filled(unsigned slot) { occupied_ |= std::uint64_t{1} << slot; }
  void update(unsigned slot) {
    if (heads_[slot] == nullptr) occupied_ &= ~(std::uint64_t{1} << slot);
  }

 private:
  std::uint64_t occupied_ = 0;
  std::array<Entry*, slots> heads_{};
};

}  // namespace tokiod::time
