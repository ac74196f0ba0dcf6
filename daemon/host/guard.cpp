#include "host/guard.hpp"

namespace tokiod::host {
namespace {

constinit std::atomic<guard_slot*> all_slots{nullptr};

// Gives the slot to another thread when this one ends.
struct slot_return {
  guard_slot* slot = nullptr;
  ~slot_return() {
    // Release: pairs with the acquire in free_slot(); the next owner sees a slot that shows nothing.
    if (slot != nullptr) slot->taken.store(false, release);
  }
};

guard_slot* free_slot() {
  // Acquire: pairs with the release in new_slot(), which publishes `next`.
  for (auto* slot = all_slots.load(acquire); slot != nullptr; slot = slot->next) {
    bool taken = false;
    if (slot->taken.compare_exchange_strong(taken, true, acquire, relaxed)) return slot;
  }
  return nullptr;
}

guard_slot* new_slot() {
  auto* slot = new guard_slot;
  slot->taken.store(true, relaxed);  // nobody sees it before the exchange below
  slot->next = all_slots.load(relaxed);
  // Release: publishes the slot and its `next`; failing means that another thread added one first.
  while (!all_slots.compare_exchange_weak(slot->next, slot, release, relaxed)) {
  }
  return slot;
}

}  // namespace

guard_slot& acquire_guard_slot() {
  static thread_local slot_return back;
  if (back.slot == nullptr) {
    back.slot = free_slot();
    if (back.slot == nullptr) back.slot = new_slot();
  }
  guard::slot = back.slot;
  return *back.slot;
}

std::uint32_t foreign_threads_inside(const tokio_plugin* plugin) {
  std::uint32_t count = 0;
  for (auto* slot = all_slots.load(acquire); slot != nullptr; slot = slot->next)
    if (slot->inside.load(acquire) == plugin) ++count;  // acquire: pairs with the release of ~guard()
  return count;
}

const tokio_plugin* inside_now() { return acquire_guard_slot().inside.load(relaxed); }

}  // namespace tokiod::host
