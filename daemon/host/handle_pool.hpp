// Memory of the handles that plugins hold (sockets, timers, operations, ...): slots of one type for ever, found by
// their owner. So the host can take back what a plugin left open, and a handle that is used after it was given back
// meets a slot without an owner, which is an error value and no crash. Invariant: a slot's object is constructed once
// and never destroyed; it is in use exactly while `owner` is not null. A
//            thread keeps at most `keep` free slots to itself.
// Threads:   take, give [any; a slot by one thread at a time]; for_each_of [any, exact once nobody takes or gives for
//            that owner].
// No model: one word for each slot, written by the one thread that has the slot; what it publishes is read when nothing
//           of its owner runs any more (unload_model.cpp), or under a lock of the slot.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/policy.hpp"

struct tokio_plugin;

namespace tokiod::host {

// What a T is derived from.
template <class T>
struct pooled {
  std::atomic<tokio_plugin*> owner{nullptr};  // release publishes the object's fields to for_each_of()
  T* next_free = nullptr;
};

template <class T>
class handle_pool {
 public:
  // Null: no memory. The object is as its last user left it.
  static T* take(tokio_plugin* owner) noexcept {
    T* slot = mine.first;
    if (slot == nullptr) [[unlikely]] {
      if (!refill()) return nullptr;
      slot = mine.first;
    }
    mine.first = slot->next_free;
    --mine.count;
    slot->owner.store(owner, release);
    return slot;
  }

  static void give(T& slot) noexcept {
    slot.owner.store(nullptr, release);
    if (mine.count == 0) [[unlikely]]
      give_back_at_thread_exit();
    slot.next_free = std::exchange(mine.first, &slot);
    if (++mine.count > keep) [[unlikely]]
      spill(batch);
  }

  template <class Visit>
  static void for_each_of(const tokio_plugin* owner, Visit visit) {
    for (std::size_t chunk = 0;; ++chunk) {
      T* slots = chunk_at(chunk);
      if (slots == nullptr) return;
      for (std::size_t i = 0; i < chunk_slots; ++i)
        if (slots[i].owner.load(acquire) == owner) visit(slots[i]);
    }
  }

 private:
  static constexpr std::uint32_t keep = 64;
  static constexpr std::uint32_t batch = 32;
  static constexpr std::size_t chunk_slots = 128;

  struct cache {
    T* first;
    std::uint32_t count;
  };
  // Everything that threads share; touched once per `batch` handles.
  struct shared {
    std::mutex mutex;
    T* first = nullptr;
    std::vector<std::unique_ptr<T[]>> chunks;
  };
  // Never destroyed: threads of the host may outlive the destructors of statics.
  static shared& common() {
    static auto* const one = new shared;
    return *one;
  }

  static T* chunk_at(std::size_t index) {
    const std::lock_guard hold(common().mutex);
    return index < common().chunks.size() ? common().chunks[index].get() : nullptr;
  }

  static bool refill() noexcept {
    give_back_at_thread_exit();
    const std::lock_guard hold(common().mutex);
    if (common().first == nullptr && !add_chunk()) return false;
    while (mine.count < batch && common().first != nullptr) {
      T* slot = common().first;
      common().first = slot->next_free;
      slot->next_free = std::exchange(mine.first, slot);
      ++mine.count;
    }
    return true;
  }

  static bool add_chunk() noexcept try {
    auto& all = common();
    all.chunks.push_back(std::make_unique<T[]>(chunk_slots));
    for (std::size_t i = chunk_slots; i-- > 0;) {
      T& slot = all.chunks.back()[i];
      slot.next_free = std::exchange(all.first, &slot);
    }
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }

  static void spill(std::uint32_t how_many) noexcept {
    const std::lock_guard hold(common().mutex);
    for (; how_many > 0 && mine.first != nullptr; --how_many, --mine.count) {
      T* slot = mine.first;
      mine.first = slot->next_free;
      slot->next_free = std::exchange(common().first, slot);
    }
  }

  static void give_back_at_thread_exit() noexcept {
    struct at_exit {
      bool armed = false;
      ~at_exit() { spill(UINT32_MAX); }
    };
    static thread_local at_exit hook;
    hook.armed = true;
  }

  static inline constinit thread_local cache mine{nullptr, 0};
};

}  // namespace tokiod::host
