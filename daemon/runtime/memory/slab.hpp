// What stands at the base of a slab, and the words of a free slot.
// Invariant: the header sits at an address aligned to slab_bytes, and every slot of it lies within the next slab_bytes
//            (the one slot of a run begins there), so any slot finds its header by masking its address.
// Threads:   all fields but the marked ones are written before the slab has slots and are constant then.
// No model: a high-water mark that only rises, published to walks with one release store; and generations of free
//           slots, which one thread writes at a time.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/policy.hpp"
#include "runtime/memory/arena.hpp"
#include "runtime/memory/size_class.hpp"

namespace tokiod::memory {

class owner_heap;

inline constexpr std::size_t task_header_bytes = 64;  // what task/header.hpp puts at the start of a task slot
inline constexpr std::size_t page_bytes = 4096;       // what a run is charged in
inline constexpr unsigned generation_shift = 16;      // word 0 of a dead task slot is its generation, so shifted

using owner_id = std::uint16_t;  // a plugin instance, or the runtime itself; accounting and limits are per owner

struct alignas(64) slab_header {
  owner_heap* heap;
  void* door;         // task slots: the owner's way to its scheduler, typed by task/scheduler.hpp
  slab_header* next;  // [owner's list; appended under its lock, walked by the registry]
  std::uint64_t first_generation;
  std::uint64_t bytes;  // charged to the owner
  std::uint32_t slots;
  std::atomic<std::uint32_t> carved;  // slots below are initialised; release publishes their words to a walker
  std::uint32_t counted;              // [trim only] free slots found so far
  owner_id owner;
  bin_index bin;
  std::uint8_t run_order_plus_1;  // 0: a slab of slots; else a run for one block

  [[nodiscard]] bool is_run() const { return run_order_plus_1 != 0; }
};
static_assert(sizeof(slab_header) == 64);

[[nodiscard]] inline slab_header& slab_of(const void* slot) {
  return *reinterpret_cast<slab_header*>(reinterpret_cast<std::uintptr_t>(slot) & ~(slab_bytes - 1));
}

[[nodiscard]] constexpr std::uint32_t slots_per_slab(bin_index bin) {
  return static_cast<std::uint32_t>((slab_bytes - sizeof(slab_header)) / slot_bytes(bin));
}

[[nodiscard]] inline std::byte* slot_at(slab_header& slab, std::uint32_t index) {
  return reinterpret_cast<std::byte*>(&slab) + sizeof(slab_header) + index * slot_bytes(slab.bin);
}

// Word 0 of a task slot is an atomic word to everybody else, also while the slot is free.
[[nodiscard]] inline std::uint64_t generation_in(const std::byte* slot) {
  const auto* word = reinterpret_cast<const std::atomic<std::uint64_t>*>(slot);
  return word->load(relaxed) >> generation_shift;
}

inline void set_generation(std::byte* slot, std::uint64_t generation) {
  // Relaxed: who may use the slot gets it through a lock or the slab's `carved`.
  reinterpret_cast<std::atomic<std::uint64_t>*>(slot)->store(generation << generation_shift, relaxed);
}

// A free slot. Word 0 belongs to the task layer and is not touched here; the other words overlay those of a task's
// header that nobody reads without holding the task. The rest of the slot is poisoned under AddressSanitizer, so a use
// after free is found although the memory is never unmapped.
struct free_slot {
  std::uint64_t state;
  free_slot* next;           // within a magazine
  free_slot* next_magazine;  // [depot] only in the first slot of a magazine
  std::uint64_t count;       // [depot] only in the first slot of a magazine
};

}  // namespace tokiod::memory
