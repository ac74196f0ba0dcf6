// A scope around every call into a plugin on a thread that is not the runtime's (those show it in their own record,
// sched/thread.hpp): the thread publishes the instance whose code it is inside of. The counts of an instance can be
// zero while a thread is still on its way out of the plugin's code; only when no thread shows the instance is zero the
// truth. (Redis modules' and N-API's unload crashes are exactly this gap.)
// Invariant: a slot shows an instance from before its code is entered until after it has returned; nested scopes give
//            back what they found.
// Threads:   a scope belongs to its thread; inside() [any].
#pragma once
#include <atomic>
#include <cstdint>

#include "base/policy.hpp"

struct tokio_plugin;

namespace tokiod::host {

// One per thread that ever entered a plugin; linked for ever, reused by later threads, so a reader never meets a dead
// one.
struct guard_slot {
  std::atomic<const tokio_plugin*> inside{nullptr};
  std::atomic<bool> taken{false};
  guard_slot* next = nullptr;  // written before the slot is published, never again
};

[[nodiscard]] guard_slot& acquire_guard_slot();  // the slow path of a thread's first scope

class guard {
 public:
  explicit guard(const tokio_plugin* plugin) : guard(plugin, true) {}
  // Not wanted: shows nothing.
  guard(const tokio_plugin* plugin, bool wanted) : slot_(wanted ? &own() : nullptr) {
    if (slot_ == nullptr) return;
    outer_ = slot_->inside.load(relaxed);
    // Relaxed: the thread holds a pin (a task, a job, a registration) that it gives back later with a release store;
    // a reader that has seen that store has seen this one.
    slot_->inside.store(plugin, relaxed);
  }
  guard(const guard&) = delete;
  guard& operator=(const guard&) = delete;
  ~guard() {
    // Release: everything that the plugin did happens before inside() answers that it is left.
    if (slot_ != nullptr) slot_->inside.store(outer_, release);
  }

 private:
  static guard_slot& own() { return slot != nullptr ? *slot : acquire_guard_slot(); }
  static inline thread_local constinit guard_slot* slot = nullptr;
  friend guard_slot& acquire_guard_slot();

  guard_slot* slot_;
  const tokio_plugin* outer_ = nullptr;
};

// How many such threads are inside the plugin's code now. Call it after the pins were seen to be zero.
[[nodiscard]] std::uint32_t foreign_threads_inside(const tokio_plugin* plugin);

// Whose code this thread is inside of, or null.
[[nodiscard]] const tokio_plugin* inside_now();

}  // namespace tokiod::host
