// Named fields packed in one 64-bit word, and the arithmetic of powers of two. Threads: pure functions.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>

namespace tokiod {

// `width` bits of a word from bit `shift` up. A value that does not fit is cut, as a counter that wraps wants it.
template <unsigned shift, unsigned width>
struct bit_field {
  static_assert(width > 0 && shift + width <= 64);
  static constexpr std::uint64_t max = width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << (width % 64)) - 1;
  static constexpr std::uint64_t mask = max << shift;
  static constexpr std::uint64_t one = std::uint64_t{1} << shift;

  [[nodiscard]] static constexpr std::uint64_t get(std::uint64_t word) { return (word >> shift) & max; }
  [[nodiscard]] static constexpr std::uint64_t make(std::uint64_t value) { return (value & max) << shift; }
  [[nodiscard]] static constexpr std::uint64_t set(std::uint64_t word, std::uint64_t value) {
    return (word & ~mask) | make(value);
  }
};

[[nodiscard]] constexpr bool is_power_of_two(std::uint64_t value) { return std::has_single_bit(value); }

// The smallest multiple of `step` (a power of two) that is not below `value`.
[[nodiscard]] constexpr std::size_t round_up(std::size_t value, std::size_t step) {
  return (value + step - 1) & ~(step - 1);
}

}  // namespace tokiod
