#include "runtime/memory/heap.hpp"

#include <algorithm>
#include <bit>
#include <new>

namespace tokiod::memory {

namespace {

// Word 0 of a task slot is an atomic word to everybody else, also while the slot is free.
std::uint64_t generation_in(const std::byte* slot) {
  const auto* word = reinterpret_cast<const std::atomic<std::uint64_t>*>(slot);
  return word->load(relaxed) >> generation_shift;
}

void set_generation(std::byte* slot, std::uint64_t generation) {
  // Relaxed: who may use the slot gets it through a lock or the slab's `carved`.
  reinterpret_cast<std::atomic<std::uint64_t>*>(slot)->store(generation << generation_shift, relaxed);
}

// The highest generation among the slots that were in use at least once.
std::uint64_t used_generation(slab_header& slab) {
  std::uint64_t highest = slab.first_generation;
  if (kind_of(slab.bin) != slot_kind::task) return highest;
  const std::uint32_t carved = slab.carved.load(relaxed);
  for (std::uint32_t i = 0; i < carved; ++i) highest = std::max(highest, generation_in(slot_at(slab, i)));
  return highest;
}

std::size_t run_bytes(std::size_t order) { return slab_bytes << order; }

std::size_t run_order(std::size_t bytes) {
  const std::size_t slabs = (bytes + sizeof(slab_header) + slab_bytes - 1) / slab_bytes;
  return static_cast<std::size_t>(std::bit_width(slabs - 1));
}

}  // namespace

owner_heap::owner_heap(arena& from, owner_id owner, std::uint64_t limit_bytes, void* door)
    : arena_(from), owner_(owner), door_(door), limit_(limit_bytes) {}

owner_heap::~owner_heap() {
  trim();
  TOKIOD_ASSERT(slabs_.load(relaxed) == nullptr);  // a slot is still in use, or a local heap was not flushed
}

// Added first and taken back when it was too much, so that two callers cannot pass the limit together.
bool owner_heap::charge(std::uint64_t bytes) {
  const std::uint64_t before = charged_.fetch_add(bytes, relaxed);
  const std::uint64_t limit = limit_bytes();
  if (before <= limit && bytes <= limit - before) return true;
  discharge(bytes);
  return false;
}

void owner_heap::discharge(std::uint64_t bytes) {
  [[maybe_unused]] const std::uint64_t before = charged_.fetch_sub(bytes, relaxed);
  TOKIOD_DEBUG_ASSERT(before >= bytes);
}

std::expected<magazine, shortage> owner_heap::take(bin_index bin) {
  depot& from = depots_[bin];
  const hold lock(from.lock);
  if (free_slot* first = from.magazines) {
    from.magazines = first->next_magazine;
    return magazine{first, static_cast<std::uint32_t>(first->count)};
  }
  if (from.carving == nullptr) {
    const auto slab = add_slab(bin);
    if (!slab) return std::unexpected(slab.error());
    from.carving = *slab;
  }
  slab_header& slab = *from.carving;
  const magazine fresh = carve(slab, magazine_slots(bin));
  if (slab.carved.load(relaxed) == slab.slots) from.carving = nullptr;
  return fresh;
}

void owner_heap::give(bin_index bin, magazine slots) {
  if (slots.count == 0) return;
  depot& into = depots_[bin];
  const hold lock(into.lock);
  slots.first->count = slots.count;
  slots.first->next_magazine = into.magazines;
  into.magazines = slots.first;
}

std::expected<slab_header*, shortage> owner_heap::add_slab(bin_index bin) {
  if (!charge(slab_bytes)) return std::unexpected(shortage::over_limit);
  const auto memory = arena_.take_slab(bin);
  if (!memory) {
    discharge(slab_bytes);
    return std::unexpected(memory.error());
  }
  slab_header& slab = start_slab(*memory, bin, slab_bytes, slots_per_slab(bin));
  link(slab);
  return &slab;
}

slab_header& owner_heap::start_slab(slab_memory memory, bin_index bin, std::uint64_t bytes, std::uint32_t slots) {
  auto* slab = new (memory.base) slab_header{};
  slab->heap = this;
  slab->door = door_;
  slab->first_generation = memory.first_generation;
  slab->bytes = bytes;
  slab->slots = slots;
  slab->owner = owner_;
  slab->bin = bin;
  return *slab;
}

// Slots are initialised a magazine at a time, so that a slab of which little is used costs little.
magazine owner_heap::carve(slab_header& slab, std::uint32_t wanted) {
  const std::uint32_t from = slab.carved.load(relaxed);  // written under the depot's lock alone
  const std::uint32_t until = std::min(slab.slots, from + wanted);
  magazine fresh;
  for (std::uint32_t i = until; i-- > from;) {
    std::byte* at = slot_at(slab, i);
    if (kind_of(slab.bin) == slot_kind::task) set_generation(at, slab.first_generation);
    auto* slot = reinterpret_cast<free_slot*>(at);
    slot->next = fresh.first;
    fresh.first = slot;
    poison_slot(slot, slot_bytes(slab.bin));
  }
  fresh.count = until - from;
  slab.carved.store(until, release);  // publishes the first words to for_each_task_slot()
  return fresh;
}

std::expected<void*, shortage> owner_heap::allocate_run(slot_kind kind, std::size_t bytes) {
  if (bytes > run_bytes(run_orders - 1) - sizeof(slab_header)) return std::unexpected(shortage::too_large);
  const std::size_t order = run_order(bytes);
  const std::uint64_t charged = round_up(bytes + sizeof(slab_header), page_bytes);
  if (free_slot* slot = take_kept(kind, order)) {
    if (grow_charge(slab_of(slot), charged)) return slot;
    free_run(slab_of(slot));
    return std::unexpected(shortage::over_limit);
  }
  if (!charge(charged)) return std::unexpected(shortage::over_limit);
  const auto memory = arena_.take_run(kind, order);
  if (!memory) {
    discharge(charged);
    return std::unexpected(memory.error());
  }
  slab_header& run = start_slab(*memory, bin_of(kind, class_count - 1), charged, 1);
  run.run_order_plus_1 = static_cast<std::uint8_t>(order + 1);
  std::byte* slot = slot_at(run, 0);
  if (kind == slot_kind::task) set_generation(slot, run.first_generation);
  run.carved.store(1, release);  // as in carve()
  link(run);
  return slot;
}

void owner_heap::free_run(slab_header& run) {
  if (keep(run)) return;
  const hold walk(walk_mutex_);
  give_back(run);
}

// A kept run may be charged for less than its next tenant uses, never for more than it ever used.
bool owner_heap::grow_charge(slab_header& run, std::uint64_t bytes) {
  if (bytes <= run.bytes) return true;
  if (!charge(bytes - run.bytes)) return false;
  run.bytes = bytes;
  return true;
}

free_slot* owner_heap::take_kept(slot_kind kind, std::size_t order) {
  if (order >= kept_run_orders) return nullptr;
  const hold lock(kept_lock_);
  kept& from = kept_of(kind, order);
  free_slot* slot = from.first;
  if (slot == nullptr) return nullptr;
  from.first = slot->next;
  --from.count;
  unpoison_slot(slot, run_bytes(order) - sizeof(slab_header));
  return slot;
}

bool owner_heap::keep(slab_header& run) {
  const std::size_t order = run.run_order_plus_1 - 1u;
  if (order >= kept_run_orders) return false;
  const hold lock(kept_lock_);
  kept& into = kept_of(kind_of(run.bin), order);
  if (into.count == kept_runs) return false;
  auto* slot = reinterpret_cast<free_slot*>(slot_at(run, 0));
  slot->next = into.first;
  into.first = slot;
  ++into.count;
  poison_slot(slot, run_bytes(order) - sizeof(slab_header));
  return true;
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

void owner_heap::link(slab_header& slab) {
  const hold lock(append_lock_);
  slab.next = slabs_.load(relaxed);  // written under the lock alone
  slabs_.store(&slab, release);      // publishes the started slab to for_each_task_slot()
}

void owner_heap::unlink(slab_header& slab) {
  const hold lock(append_lock_);
  slab_header* first = slabs_.load(relaxed);
  if (first == &slab) return slabs_.store(slab.next, relaxed);  // its successor was published when it was linked
  while (first->next != &slab) first = first->next;
  first->next = slab.next;
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

namespace {

bool is_empty(const slab_header& slab) { return slab.counted == slab.carved.load(relaxed); }

}  // namespace

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

std::expected<void*, shortage> local_heap::refill(bin_index index) {
  bin& into = bins_[index];
  if (into.spare != nullptr) {
    into.first = std::exchange(into.spare, nullptr);
    into.count = magazine_slots(index);
  } else {
    const auto fresh = owner_->take(index);
    if (!fresh) return std::unexpected(fresh.error());
    into.first = fresh->first;
    into.count = fresh->count;
  }
  free_slot* slot = into.first;
  into.first = slot->next;
  --into.count;
  unpoison_slot(slot, slot_bytes(index));
  return slot;
}

// The full list becomes the spare; the spare, if there is one, goes to the depot.
void local_heap::rotate(bin_index index) {
  bin& full = bins_[index];
  if (full.spare != nullptr) owner_->give(index, {full.spare, magazine_slots(index)});
  full.spare = std::exchange(full.first, nullptr);
  full.count = 0;
}

void local_heap::flush() {
  for (std::size_t i = 0; i < bin_count; ++i) {
    const auto index = static_cast<bin_index>(i);
    bin& from = bins_[i];
    if (from.spare != nullptr) owner_->give(index, {from.spare, magazine_slots(index)});
    owner_->give(index, {from.first, from.count});
    from = {};
  }
}

}  // namespace tokiod::memory
