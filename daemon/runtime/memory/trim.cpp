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

// A walk for whoever is at the limit looks at so many idle slots at most for each that became idle since the last one.
constexpr std::uint64_t looked_at_per_new = 64;

// One that was added meanwhile has nothing counted.
bool is_empty(const slab_header& slab) { return slab.counted != 0 && slab.counted == slab.carved.load(relaxed); }

}  // namespace

// `act(slab, before)` says whether it has unlinked the slab. The caller holds walk_mutex_.
template <class Act>
void owner_heap::for_each_slab(bin_index bin, Act act) {
  slab_header* before = nullptr;
  for (slab_header* slab = slabs_.load(acquire); slab != nullptr;) {
    slab_header* const after = slab->next;
    const bool gone = slab->bin == bin && !slab->is_run() && act(*slab, before);
    if (!gone) before = slab;
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
  left_idle_.store(idle_bytes(), relaxed);
  return freed;
}

std::uint64_t owner_heap::idle_bytes() const {
  std::uint64_t sum = 0;
  for (std::size_t bin = 0; bin < bin_count; ++bin)
    sum += depots_[bin].idle.load(relaxed) * slot_bytes(static_cast<bin_index>(bin));
  return sum;
}

std::uint64_t owner_heap::newly_idle_bytes() {
  const std::uint64_t idle = idle_bytes(), left = left_idle_.load(relaxed);
  if (idle < left) left_idle_.store(idle, relaxed);
  return idle > left ? idle - left : 0;
}

std::uint64_t owner_heap::unwanted_bytes() {
  std::uint64_t sum = 0;
  for (std::size_t bin = 0; bin < bin_count; ++bin) {
    depot& of = depots_[bin];
    sum += of.least.exchange(of.idle.load(relaxed), relaxed) * slot_bytes(static_cast<bin_index>(bin));
  }
  const std::uint64_t newly = newly_idle_bytes();
  return std::min(sum, newly);
}

// True: it is worth trying again. What somebody trims at this moment is in no depot, and comes back.
bool owner_heap::make_room() {
  if (const std::uint64_t newly = newly_idle_bytes(); newly != 0 && newly >= idle_bytes() / looked_at_per_new)
    return trim() != 0;
  const std::uint64_t before = charged_bytes();
  const hold whoever_trims(walk_mutex_);
  return idle_bytes() != 0 || charged_bytes() < before;
}

// Counts, per slab, the free slots that lay in the depot; a slab all of whose carved slots did is empty. Its slots are
// taken out of the magazines, which go back, and then the slab does. Nobody can get at a slot that is counted, so a
// slab stays empty once no more of it is carved.
std::uint64_t owner_heap::trim_bin(bin_index bin) {
  depot& of = depots_[bin];
  free_slot* const all = take_all(of);
  if (all == nullptr) return 0;
  count_free(bin, all);
  stop_carving_empty(of);
  for (free_slot* used = keep_used(all, magazine_slots(bin)); used != nullptr;) {
    free_slot* const next = used->next_magazine;
    const hold lock(of.lock);
    put(of, used);
    used = next;
  }
  return release_empty(bin);
}

free_slot* owner_heap::take_all(depot& from) {
  const hold lock(from.lock);
  from.idle.store(0, relaxed);
  from.least.store(0, relaxed);
  return std::exchange(from.magazines, nullptr);
}

void owner_heap::count_free(bin_index bin, free_slot* magazines) {
  for_each_slab(bin, [](slab_header& slab, slab_header*) {
    slab.counted = 0;
    return false;
  });
  for_each_free(magazines, [](free_slot& slot) { ++slab_of(&slot).counted; });
}

void owner_heap::stop_carving_empty(depot& of) {
  const hold lock(of.lock);
  if (of.carving != nullptr && is_empty(*of.carving)) of.carving = nullptr;
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

std::uint64_t owner_heap::release_empty(bin_index bin) {
  std::uint64_t freed = 0;
  for_each_slab(bin, [&](slab_header& slab, slab_header* before) {
    if (!is_empty(slab)) return false;
    freed += give_back(slab, before);
    return true;
  });
  return freed;
}

// The caller holds walk_mutex_.
std::uint64_t owner_heap::give_back(slab_header& slab, slab_header* before) {
  const std::uint64_t bytes = slab.bytes;
  auto* base = reinterpret_cast<std::byte*>(&slab);
  const std::uint64_t used = used_generation(slab);
  unlink(slab, before);
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
