// A scope around every call into a plugin on a thread that is not the runtime's (those show it in their own record,
// sched/thread.hpp): the thread publishes the instance whose code it is inside of. The counts of an instance can be
// zero while a thread is still on its way out of the plugin's code; only when no thread shows the instance is zero the
// truth. (Redis modules' and N-API's unload crashes are exactly this gap.)
// Invariant: a slot shows an instance from before its code is entered until after it has returned; nested scopes give
//            back what they found.
// Threads:   a scope belongs to its thread; inside() [any].
// Model:     tests/model/unload_model.cpp
#pragma once
#include <cstdint>

#include "base/policy.hpp"
#include "runtime/sched/shown.hpp"

struct tokio_plugin;

namespace tokiod::host {

// One per thread that ever entered a plugin; linked for ever, reused by later threads, so a reader never meets a dead
// one.
template <class P>
struct basic_guard_slot {
  sched::basic_shown<P, const tokio_plugin*> inside;
  typename P::template atomic<bool> taken{true};
  basic_guard_slot* next = nullptr;  // written before the slot is published, never again
};

template <class P>
class basic_guard_slots {
 public:
  using slot = basic_guard_slot<P>;

  // One whose thread has ended, for a thread that comes; null: there is none, add() a new one.
  [[nodiscard]] slot* take_free() {
    for (slot* one = first_.load(acquire); one != nullptr; one = one->next) {  // pairs with add()
      bool taken = false;
      // Acquire: pairs with give_back(); the slot shows nothing.
      if (one->taken.compare_exchange_strong(taken, true, acquire, relaxed)) return one;
    }
    return nullptr;
  }
  void add(slot& fresh) {
    fresh.next = first_.load(relaxed);
    // Release: publishes the slot and its `next`; failing means that another thread added one first.
    while (!first_.compare_exchange_weak(fresh.next, &fresh, release, relaxed)) {
    }
  }
  // The thread ends. Release: pairs with take_free().
  static void give_back(slot& of) { of.taken.store(false, release); }

  [[nodiscard]] std::uint32_t inside(const tokio_plugin* plugin) const {
    std::uint32_t count = 0;
    for (const slot* one = first_.load(acquire); one != nullptr; one = one->next)  // pairs with add()
      if (one->inside.now() == plugin) ++count;
    return count;
  }

 private:
  typename P::template atomic<slot*> first_{nullptr};
};

using guard_slot = basic_guard_slot<real_policy>;

// Whose code this thread is inside of, or null; in a signal handler, too: it makes nothing.
[[nodiscard]] const tokio_plugin* inside_if_any() noexcept;

[[nodiscard]] guard_slot& acquire_guard_slot();  // the slow path of a thread's first scope

class guard {
 public:
  explicit guard(const tokio_plugin* plugin) : guard(plugin, true) {}
  // Not wanted: shows nothing.
  guard(const tokio_plugin* plugin, bool wanted) : slot_(wanted ? &own() : nullptr) {
    if (slot_ == nullptr) return;
    outer_ = slot_->inside.mine();
    slot_->inside.enter(plugin);
  }
  guard(const guard&) = delete;
  guard& operator=(const guard&) = delete;
  ~guard() {
    if (slot_ != nullptr) slot_->inside.leave_to(outer_);
  }

 private:
  static guard_slot& own() { return slot != nullptr ? *slot : acquire_guard_slot(); }
  static inline thread_local constinit guard_slot* slot = nullptr;
  friend guard_slot& acquire_guard_slot();
  friend const tokio_plugin* inside_if_any() noexcept;

  guard_slot* slot_;
  const tokio_plugin* outer_ = nullptr;
};

// How many such threads are inside the plugin's code now; what that proves says quiet.hpp.
[[nodiscard]] std::uint32_t foreign_threads_inside(const tokio_plugin* plugin);

// Whose code this thread is inside of, or null.
[[nodiscard]] const tokio_plugin* inside_now();

}  // namespace tokiod::host
