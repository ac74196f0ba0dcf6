// A byte to spin on, for sections of a few instructions that call nothing of the plugin.
// Invariant: the last access of unlock is its store, so the memory of the lock may be freed by whom that lets in.
// Threads: [any].
#pragma once

#include <sched.h>

#include <atomic>

#include "tokio/core/compiler.hpp"

namespace tokio {

class spin_lock {
 public:
  void lock() noexcept {
    for (unsigned tries = 0; locked_.exchange(true, std::memory_order_acquire);) {  // pairs with the store in unlock
      while (locked_.load(std::memory_order_relaxed))  // only waits; the exchange above orders
        if (++tries % 128 == 0) sched_yield();         // the holder may have lost its processor
    }
  }
  void unlock() noexcept { locked_.store(false, std::memory_order_release); }  // publishes what was guarded

 private:
  std::atomic<bool> locked_{false};
};

// Holds a lock to the end of the scope. Never across a suspension.
class [[nodiscard]] lock_scope {
 public:
  explicit lock_scope(spin_lock& lock) noexcept : lock_(lock) { lock_.lock(); }
  ~lock_scope() { lock_.unlock(); }
  lock_scope(const lock_scope&) = delete;
  lock_scope& operator=(const lock_scope&) = delete;

 private:
  spin_lock& lock_;
};

}  // namespace tokio
