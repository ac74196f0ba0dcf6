// Tells AddressSanitizer which part of a free slot nobody may touch: all but the words of free_slot, and of a task slot
// all but its header, because a walker may read id and kind of a task that ends at that moment (task/registry.hpp).
// Invariant: word 0 of a slot is never poisoned; a stale waker is allowed to read it.
// Threads:   the caller owns the slot.
#pragma once
#include <cstddef>

#include "runtime/memory/slab.hpp"

#ifdef TOKIOD_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace tokiod::memory {

#ifdef TOKIOD_ASAN
inline void poison(std::byte* from, std::size_t bytes) { __asan_poison_memory_region(from, bytes); }
inline void unpoison(std::byte* from, std::size_t bytes) { __asan_unpoison_memory_region(from, bytes); }
#else
inline void poison(std::byte*, std::size_t) {}
inline void unpoison(std::byte*, std::size_t) {}
#endif

// `bytes` from the start of the slot.
inline void poison_slot(free_slot* slot, slot_kind kind, std::size_t bytes) {
  const std::size_t open = kind == slot_kind::task ? task_header_bytes : sizeof(free_slot);
  poison(reinterpret_cast<std::byte*>(slot) + open, bytes - open);
}
inline void unpoison_slot(free_slot* slot, std::size_t bytes) { unpoison(reinterpret_cast<std::byte*>(slot), bytes); }

}  // namespace tokiod::memory
