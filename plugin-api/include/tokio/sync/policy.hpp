// The model seam of sync/: what its words and lists are made of. The model checker supplies another policy with the
// same names and explores interleavings of the very same source.
//   P::atomic<T>    std::atomic's interface; every order is written out
//   P::mutex        lock(), try_lock(), unlock()
//   P::wake(w)      wakes whoever `w` names; legal under a P::mutex, because a waker holds no user code
//   P::spin()       one iteration of waiting
//   P::block_slots  messages in one block of a channel
// Threads: no state.
#pragma once

#include <sched.h>

#include <atomic>
#include <cstdint>

#include "tokio/sync/park.hpp"

namespace tokio::sync {

inline constexpr auto relaxed = std::memory_order_relaxed;
inline constexpr auto acquire = std::memory_order_acquire;
inline constexpr auto release = std::memory_order_release;
inline constexpr auto acq_rel = std::memory_order_acq_rel;

// One byte, held for a few list operations and never across user code. Its last access is one store, so a task that is
// woken under it may take it, leave it and free the primitive at once.
class spin_mutex {
 public:
  void lock() noexcept {
    for (std::uint32_t tries = 0; !try_lock(); ++tries) wait(tries);
  }
  bool try_lock() noexcept {
    // Acquire pairs with the release in unlock(); the look before it keeps a waiter from taking the line away.
    return !held_.load(relaxed) && !held_.exchange(true, acquire);
  }
  void unlock() noexcept { held_.store(false, release); }  // publishes what was written under the lock; see try_lock()

 private:
  // The holder may have lost its processor: after a few tries ours is better given away.
  static void wait(std::uint32_t tries) noexcept {
    constexpr std::uint32_t patience = 64;
    if (tries < patience)
      __builtin_ia32_pause();
    else
      ::sched_yield();
  }
  std::atomic<bool> held_{false};
};

struct policy {
  template <class T>
  using atomic = std::atomic<T>;
  using mutex = spin_mutex;

  static void wake(const waker& who) noexcept { sync::wake(who); }
  static void spin() noexcept { ::sched_yield(); }
  static constexpr std::uint32_t block_slots = 32;
};

template <class M>
class [[nodiscard]] hold {
 public:
  explicit hold(M& mutex) : mutex_(mutex) { mutex_.lock(); }
  ~hold() { mutex_.unlock(); }
  hold(const hold&) = delete;
  hold& operator=(const hold&) = delete;

 private:
  M& mutex_;
};

}  // namespace tokio::sync
