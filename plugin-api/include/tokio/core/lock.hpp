// A byte to spin on, for sections of a few instructions that call nothing of the plugin.
// Invariant: the last access of unlock is its store, so the memory of the lock may be freed by whom that lets in.
// Threads: [any].
// Model:   tests/model/sdk_core_model.cpp
#pragma once

#include "tokio/core/compiler.hpp"
#include "tokio/core/policy.hpp"

namespace tokio {

template <class P>
class basic_spin_lock {
 public:
  void lock() noexcept {
    for (unsigned tries = 0; locked_.exchange(true, std::memory_order_acquire);)  // pairs with the store in unlock
      while (locked_.load(std::memory_order_relaxed)) P::wait(tries);  // only waits; the exchange above orders
  }
  void unlock() noexcept { locked_.store(false, std::memory_order_release); }  // publishes what was guarded

 private:
  typename P::template atomic<bool> locked_{false};
};
using spin_lock = basic_spin_lock<core_policy>;

// Holds a lock to the end of the scope. Never across a suspension.
template <class M>
class [[nodiscard]] lock_scope {
 public:
  explicit lock_scope(M& lock) noexcept : lock_(lock) { lock_.lock(); }
  ~lock_scope() { lock_.unlock(); }
  lock_scope(const lock_scope&) = delete;
  lock_scope& operator=(const lock_scope&) = delete;

 private:
  M& lock_;
};

}  // namespace tokio
