// Tells AddressSanitizer which part of a free slot nobody may touch: all but the words of free_slot.
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
inline void poison_slot(free_slot* slot, std::size_t bytes) {
  __asan_poison_memory_region(slot + 1, bytes - sizeof(free_slot));
}
inline void unpoison_slot(free_slot* slot, std::size_t bytes) {
  __asan_unpoison_memory_region(slot + 1, bytes - sizeof(free_slot));
}
inline void unpoison(std::byte* from, std::size_t bytes) { __asan_unpoison_memory_region(from, bytes); }
#else
inline void unpoison(std::byte*, std::size_t) {}
inline void poison_slot(free_slot*, std::size_t) {}
inline void unpoison_slot(free_slot*, std::size_t) {}
#endif

}  // namespace tokiod::memory
