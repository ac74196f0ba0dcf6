// The guard around every host entry: while a thread is inside plugin code, another thread may take what the thread's
// core holds (the LIFO slot and the private batch now; the whole core later), without an RMW or a fence on the fast
// path.
//
// Proof (asymmetric Dekker). The owner stores in_host, then loads revoked; a taker stores revoked, then runs the heavy
// barrier (membarrier: every running thread of the process executes a full fence), then loads in_host. If the owner's
// store is before its fence in its program order, the taker sees it and steps back. If it is after, so is the owner's
// load, which sees revoked, and the owner waits in await_restored(). So never both are inside. In the strong mode
// (ThreadSanitizer, the model) the two stores and loads are seq_cst and the barrier is nothing: the classic Dekker.
//
// Invariant: what the guard protects is touched by its owner only while in_host is 1 and revoked was seen 0 after that,
//            and by a taker only between a successful revoke() and restore().
// Threads:   enter, leave, inside [owner]; revoke, restore [any, one taker at a time: the caller holds a lock].
// Model:     tests/model/guard_model.cpp
#pragma once
#include <atomic>
#include <cstdint>

#include "base/aside.hpp"
#include "base/policy.hpp"

namespace tokiod::sched {

template <class P>
class basic_guard {
 public:
  // What the owner tells enter() and leave() about where it comes from: 1 host code already, 0 plugin code.
  [[nodiscard]] std::uint32_t now() const { return in_host_.load(relaxed); }  // own store

  // The owner goes from plugin code to host code. What it reads of the core afterwards is its own again.
  void enter(std::uint32_t before = 0) {
    in_host_.store(1, store_order);                                     // strong: partner of revoke()
    if constexpr (!P::strong_guard) std::atomic_signal_fence(seq_cst);  // the compiler keeps store before load
    // Acquire pairs with restore(): what a taker took is seen as taken. A taker that meets us inside steps back.
    if (revoked_.load(load_order) != 0 && before == 0) [[unlikely]]
      await_restored();
  }

  // The owner goes from host code to plugin code. Release publishes what it did to the core; pairs with revoke().
  void leave(std::uint32_t before = 0) { in_host_.store(before, release); }

  // True: the owner is in plugin code and stays out of the core until restore(). False: it is in host code; try later.
  [[nodiscard]] bool revoke() {
    revoked_.store(1, store_order);  // partner of enter()
    P::heavy_barrier();
    // Acquire pairs with leave(): we see the core as the owner left it.
    if (in_host_.load(load_order) == 0) return true;
    restore();
    return false;
  }
  void restore() { revoked_.store(0, release); }  // publishes what was taken; pairs with enter()

 private:
  static constexpr std::memory_order store_order = P::strong_guard ? seq_cst : relaxed;
  static constexpr std::memory_order load_order = P::strong_guard ? seq_cst : acquire;

  // The taker needs a microsecond, unless the system takes its processor away: so spin a little, then let others run.
  TOKIOD_ASIDE void await_restored() noexcept {
    do {
      leave();
      // Relaxed: only waits; the load below acquires.
      for (std::uint32_t turn = 0; revoked_.load(relaxed) != 0; ++turn) turn < 64 ? P::spin() : P::yield();
      in_host_.store(1, store_order);
      if constexpr (!P::strong_guard) std::atomic_signal_fence(seq_cst);
    } while (revoked_.load(load_order) != 0);
  }

  typename P::template atomic<std::uint32_t> in_host_{1};  // a thread starts in host code
  typename P::template atomic<std::uint32_t> revoked_{0};
};

using guard = basic_guard<real_policy>;

}  // namespace tokiod::sched
