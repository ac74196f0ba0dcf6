// The part of owner_heap that gives memory back to the arena.
#include <algorithm>

#include "runtime/memory/heap.hpp"

namespace tokiod::memory {

namespace {

// The highest generation among the slots that were in use at least once.
std::uint64_t used_generation(slab_header& slab) {
  std::uint64_t highest = slab.first_generation;
  if (kind_of(slab.bin) != slot_kind::task) return highest;
  const std::uint32_t carved = slab.carved.load(relaxed);
  for (std::uint32_t i = 0; i < carved; ++i) highest = std::max(highest, generation_in(slot_at(slab, i)));
  return highest;
}

bool is_empty(const slab_header& slab) { return slab.counted == slab.carved.load(relaxed); }

}  // namespace

// `act` may unlink the slab it is given.
template <class Act>
void owner_heap::for_each_slab(bin_index bin, Act act) {
  for (slab_header* slab = slabs_.load(acquire); slab != nullptr;) {
    slab_header* const after = slab->next;
    if (slab->bin == bin && !slab->is_run()) act(*slab);
    slab = after;
  }
}

// `act` may relink the slot it is given.
template <class Act>
void owner_heap::for_each_free(free_slot* magazines, Act act) {
  while (magazines != nullptr) {
    free_slot* const next_magazine = magazines->next_magazine;
    std::uint64_t left = magazines->count;
    for (free_slot* slot = magazines; left != 0; --left) {
      free_slot* const after = slot->next;
      act(*slot);
      slot = after;
    }
    magazines = next_magazine;
  }
}

std::uint64_t owner_heap::trim() {
  const hold walk(walk_mutex_);
  std::uint64_t freed = trim_kept();
  for (std::size_t bin = 0; bin < bin_count; ++bin) freed += trim_bin(static_cast<bin_index>(bin));
  return freed;
}

// Counts, per slab, the free slots that lie in the depot; a slab all of whose carved slots are there is empty. Its
// slots are taken out of the magazines and the slab goes back.
std::uint64_t owner_heap::trim_bin(bin_index bin) {
  depot& of = depots_[bin];
  const hold lock(of.lock);
  if (of.magazines == nullptr) return 0;
  for_each_slab(bin, [](slab_header& slab) { slab.counted = 0; });
  for_each_free(of.magazines, [](free_slot& slot) { ++slab_of(&slot).counted; });
  of.magazines = keep_used(of.magazines, magazine_slots(bin));
  return release_empty(bin, of);
}

// The same magazines without the slots of empty slabs.
free_slot* owner_heap::keep_used(free_slot* magazines, std::uint32_t full) {
  free_slot* kept = nullptr;
  magazine open;
  const auto close = [&] {
    if (open.count == 0) return;
    open.first->count = open.count;
    open.first->next_magazine = kept;
    kept = open.first;
    open = {};
  };
  for_each_free(magazines, [&](free_slot& slot) {
    if (is_empty(slab_of(&slot))) return;
    slot.next = open.first;
    open.first = &slot;
    if (++open.count == full) close();
  });
  close();
  return kept;
}

std::uint64_t owner_heap::release_empty(bin_index bin, depot& of) {
  std::uint64_t freed = 0;
  for_each_slab(bin, [&](slab_header& slab) {
    if (!is_empty(slab)) return;
    if (of.carving == &slab) of.carving = nullptr;
    freed += give_back(slab);
  });
  return freed;
}

// The caller holds walk_mutex_.
std::uint64_t owner_heap::give_back(slab_header& slab) {
  const std::uint64_t bytes = slab.bytes;
  auto* base = reinterpret_cast<std::byte*>(&slab);
  const std::uint64_t used = used_generation(slab);
  unlink(slab);
  discharge(bytes);
  if (slab.is_run()) {
    arena_.give_run(kind_of(slab.bin), slab.run_order_plus_1 - 1u, base, used);
  } else {
    unpoison(base, slab_bytes);
    arena_.give_slab(slab.bin, base, used);
  }
  return bytes;
}

std::uint64_t owner_heap::trim_kept() {
  std::uint64_t freed = 0;
  for (const auto kind : {slot_kind::task, slot_kind::plain}) {
    for (std::size_t order = 0; order < kept_run_orders; ++order) {
      while (free_slot* slot = take_kept(kind, order)) freed += give_back(slab_of(slot));
    }
  }
  return freed;
}

}  // namespace tokiod::memory
