#include "host/guard.hpp"

namespace tokiod::host {
namespace {

constinit basic_guard_slots<real_policy> all_slots;

// Gives the slot to another thread when this one ends.
struct slot_return {
  guard_slot* slot = nullptr;
  ~slot_return() {
    if (slot != nullptr) all_slots.give_back(*slot);
  }
};

guard_slot* new_slot() {
  auto* slot = new guard_slot;
  all_slots.add(*slot);
  return slot;
}

}  // namespace

guard_slot& acquire_guard_slot() {
  static thread_local slot_return back;
  if (back.slot == nullptr) {
    back.slot = all_slots.take_free();
    if (back.slot == nullptr) back.slot = new_slot();
  }
  guard::slot = back.slot;
  return *back.slot;
}

std::uint32_t foreign_threads_inside(const tokio_plugin* plugin) { return all_slots.inside(plugin); }

const tokio_plugin* inside_if_any() noexcept { return guard::slot == nullptr ? nullptr : guard::slot->inside.mine(); }

const tokio_plugin* inside_now() { return acquire_guard_slot().inside.mine(); }

}  // namespace tokiod::host
