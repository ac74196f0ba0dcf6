// The part of owner_heap that serves single blocks above the largest slot.
#include <bit>

#include "base/bits.hpp"
#include "runtime/memory/heap.hpp"

namespace tokiod::memory {

namespace {

std::size_t run_bytes(std::size_t order) { return slab_bytes << order; }

std::size_t run_order(std::size_t bytes) {
  const std::size_t slabs = (bytes + sizeof(slab_header) + slab_bytes - 1) / slab_bytes;
  return static_cast<std::size_t>(std::bit_width(slabs - 1));
}

}  // namespace

std::expected<void*, shortage> owner_heap::allocate_run(slot_kind kind, std::size_t bytes) noexcept {
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

void owner_heap::free_run(slab_header& run) noexcept {
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
  poison_slot(slot, kind_of(run.bin), run_bytes(order) - sizeof(slab_header));
  return true;
}

}  // namespace tokiod::memory
