#include "runtime/memory/heap.hpp"

#include <algorithm>
#include <new>

namespace tokiod::memory {

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
  const auto taken = take_now(bin);
  if (taken || taken.error() != shortage::over_limit || !make_room()) return taken;
  return take_now(bin);
}

std::expected<magazine, shortage> owner_heap::take_now(bin_index bin) {
  depot& from = depots_[bin];
  const hold lock(from.lock);
  if (free_slot* first = from.magazines) {
    from.magazines = first->next_magazine;
    const std::uint64_t left = from.idle.load(relaxed) - first->count;
    from.idle.store(left, relaxed);
    if (left < from.least.load(relaxed)) from.least.store(left, relaxed);
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
  slots.first->count = slots.count;
  const hold lock(into.lock);
  put(into, slots.first);
}

// The caller holds the lock.
void owner_heap::put(depot& into, free_slot* magazine) {
  into.idle.store(into.idle.load(relaxed) + magazine->count, relaxed);
  magazine->next_magazine = into.magazines;
  into.magazines = magazine;
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
    poison_slot(slot, kind_of(slab.bin), slot_bytes(slab.bin));
  }
  fresh.count = until - from;
  slab.carved.store(until, release);  // publishes the first words to for_each_task_slot()
  return fresh;
}

void owner_heap::link(slab_header& slab) {
  const hold lock(append_lock_);
  slab.next = slabs_.load(relaxed);  // written under the lock alone
  slabs_.store(&slab, release);      // publishes the started slab to for_each_task_slot()
}

// `before`: the one before it, if it is known; others may have come before the first meanwhile.
void owner_heap::unlink(slab_header& slab, slab_header* before) {
  const hold lock(append_lock_);
  slab_header* const first = slabs_.load(relaxed);
  if (first == &slab) return slabs_.store(slab.next, relaxed);  // its successor was published when it was linked
  if (before == nullptr) before = first;
  while (before->next != &slab) before = before->next;
  before->next = slab.next;
}

std::expected<void*, shortage> local_heap::refill(bin_index index) noexcept {
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
void local_heap::rotate(bin_index index) noexcept {
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
