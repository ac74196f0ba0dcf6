// The model seam of sync/: what its words and lists are made of. The model checker supplies another policy with the
// same names and explores interleavings of the very same source.
//   P::atomic<T>    std::atomic's interface; every order is written out
//   P::cell<T>      plain data that the protocol hands from one thread to another: get(), set(v)
//   P::mutex        lock(), unlock(); held for a few list operations and never across user code
//   P::guarded      stands for what a lock inside of a word guards: touch() where that is used
//   P::wake(w)      wakes whoever `w` names; legal under a P::mutex, because a waker holds no user code
//   P::spin()       one iteration of waiting
//   P::resource, resource_of_one, operation, wait_name   what is told to whoever listens (tracing/resource.hpp)
//   P::block_slots  messages in one block of a channel
// Threads: no state.
#pragma once

#include <sched.h>

#include <atomic>
#include <cstdint>

#include "tokio/core/lock.hpp"
#include "tokio/sync/park.hpp"
#include "tokio/tracing/resource.hpp"

namespace tokio::sync {

inline constexpr auto relaxed = std::memory_order_relaxed;
inline constexpr auto acquire = std::memory_order_acquire;
inline constexpr auto release = std::memory_order_release;
inline constexpr auto acq_rel = std::memory_order_acq_rel;

using tracing::resource_type;

struct policy : core_policy {
  template <class T>
  class cell {
   public:
    explicit cell(T value) noexcept : value_(value) {}
    const T& get() const noexcept { return value_; }
    void set(T value) noexcept { value_ = value; }

   private:
    T value_;
  };
  using mutex = spin_lock;
  struct guarded {
    static void touch() noexcept {}
  };
  using resource = tracing::resource;
  using resource_of_one = tracing::resource_of_one;
  using operation = tracing::operation;
  using wait_name = tracing::wait_name;

  static void wake(const waker& who) noexcept { sync::wake(who); }
  static void spin() noexcept { ::sched_yield(); }
  static constexpr std::uint32_t block_slots = 32;
};

template <class M>
using hold = lock_scope<M>;

}  // namespace tokio::sync
