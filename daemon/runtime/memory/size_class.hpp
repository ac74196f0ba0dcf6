// The sizes that slots come in: steps of one cache line up to 512 bytes, then about a quarter more each time up to
// 16 KiB. Larger blocks have no class; they get a run of address space of their own.
// Invariant: every size is a multiple of 64, so that a slot, and a body behind a 64-byte header, is 64-byte aligned.
// Threads:   pure functions.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bits.hpp"

namespace tokiod::memory {

inline constexpr std::size_t slot_step_bytes = 64;
inline constexpr std::size_t largest_slot_bytes = 16 * 1024;

inline constexpr std::array<std::uint16_t, 23> slot_sizes{64,   128,  192,  256,  320,   384,   448,  512,
                                                          640,  832,  1024, 1280, 1600,  2048,  2560, 3200,
                                                          4032, 5056, 6336, 8128, 10176, 12736, 16384};
inline constexpr std::size_t class_count = slot_sizes.size();

using size_class = std::uint8_t;  // index into slot_sizes

namespace impl {
consteval auto classes_by_step() {
  std::array<size_class, largest_slot_bytes / slot_step_bytes + 1> classes{};
  size_class current = 0;
  for (std::size_t step = 0; step < classes.size(); ++step) {
    if (step * slot_step_bytes > slot_sizes[current]) ++current;
    classes[step] = current;
  }
  return classes;
}
inline constexpr auto class_of_step = classes_by_step();
}  // namespace impl

// The smallest class that holds `bytes`, which must not exceed largest_slot_bytes.
[[nodiscard]] constexpr size_class class_of(std::size_t bytes) {
  return impl::class_of_step[(bytes + slot_step_bytes - 1) / slot_step_bytes];
}

// What a slot holds decides what may happen to its first word.
//   task:  word 0 is a task's state word for ever, also while the slot is free
//   plain: nothing is kept; child frames, operation blocks, channels
enum class slot_kind : std::uint8_t { task, plain };

// Class and kind together: the index of a free list. A slab never changes its bin.
using bin_index = std::uint8_t;
inline constexpr std::size_t bin_count = 2 * class_count;

[[nodiscard]] constexpr bin_index bin_of(slot_kind kind, size_class size) {
  return static_cast<bin_index>(static_cast<std::size_t>(kind) * class_count + size);
}
[[nodiscard]] constexpr slot_kind kind_of(bin_index bin) {
  return bin < class_count ? slot_kind::task : slot_kind::plain;
}
[[nodiscard]] constexpr std::size_t slot_bytes(bin_index bin) { return slot_sizes[bin % class_count]; }

}  // namespace tokiod::memory
