// The model seam. Lock-free code is a template on a policy P and names no atomic, mutex, clock or thread of its own;
// the model checker (tests/model/explorer) supplies another policy with the same names and explores interleavings of
// the very same source.
//   P::atomic<T>          std::atomic's interface; every order is written out
//   P::cell<T>            plain data whose owner changes by protocol: get(), set(v), ref(); a race on it is a bug
//   P::mutex, P::event    lock()/try_lock()/unlock(); set()/wait()/wait_for(ns) (binary semaphore: parks a thread)
//   P::spin(), P::yield() one iteration of waiting; let others run
//   P::ring_capacity ...  the constants that the model shrinks
// Threads: no state.
// No model: this is what models replace.
#pragma once
#include <atomic>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>

#include "base/barrier.hpp"

namespace tokiod {

inline constexpr auto relaxed = std::memory_order_relaxed;
inline constexpr auto acquire = std::memory_order_acquire;
inline constexpr auto release = std::memory_order_release;
inline constexpr auto acq_rel = std::memory_order_acq_rel;
inline constexpr auto seq_cst = std::memory_order_seq_cst;

struct real_policy {
  template <class T>
  using atomic = std::atomic<T>;

  template <class T>
  class cell {
   public:
    cell() = default;
    explicit cell(T value)
      requires std::move_constructible<T>
        : value_(std::move(value)) {}
    template <class... Args>
    explicit cell(std::in_place_t, Args&&... args) : value_(std::forward<Args>(args)...) {}
    [[nodiscard]] const T& get() const { return value_; }
    void set(T value) { value_ = std::move(value); }
    [[nodiscard]] T& ref() { return value_; }

   private:
    T value_{};
  };

  using mutex = std::mutex;

  // Binary: any number of set() before a wait() count as one. set() happens-before the wait() it ends.
  class event {
   public:
    void set() {
      const std::lock_guard hold(mutex_);
      set_ = true;
      ready_.notify_one();
    }
    void wait() {
      std::unique_lock hold(mutex_);
      ready_.wait(hold, [&] { return set_; });
      set_ = false;
    }
    // False: the time was up first.
    bool wait_for(std::uint64_t nanoseconds) {
      // A century; with the clock's own value added, twice as much would be a moment in the past.
      constexpr std::uint64_t longest = std::uint64_t{100} * 365 * 24 * 3600 * 1'000'000'000;
      const std::chrono::nanoseconds limit(nanoseconds < longest ? nanoseconds : longest);
      std::unique_lock hold(mutex_);
      if (!ready_.wait_for(hold, limit, [&] { return set_; })) return false;
      set_ = false;
      return true;
    }

   private:
    std::mutex mutex_;
    std::condition_variable ready_;
    bool set_ = false;
  };

  static void spin() noexcept { __builtin_ia32_pause(); }
  static void yield() noexcept { std::this_thread::yield(); }

  static constexpr std::uint32_t ring_capacity = 256;    // tasks in one core's run queue; a power of two
  static constexpr std::uint32_t claim_max = 16;         // tasks an owner claims with one CAS
  static constexpr std::uint32_t steal_max = 32;         // tasks a thief takes at most
  static constexpr std::uint32_t spilled_chains = 1024;  // that an injector keeps apart; each half a ring and one
  static constexpr std::uint32_t generation_bits = 48;   // of the task word
  static constexpr std::uint32_t join_version_bits = 8;  // of the task word: waiters a join handle may have had
  static constexpr std::uint32_t max_workers = 1024;     // bits of the parked bitmap
  static constexpr std::uint32_t tick_bits = 16;  // of a source's readiness word: events, and moves of its waiter
  static constexpr std::uint32_t source_generation_bits = 24;  // of the same: tenants of a slot

  // The asymmetric barrier of runtime/sched/guard.hpp. Strong: both sides use seq_cst and the heavy side does nothing,
  // because neither ThreadSanitizer nor the model knows membarrier.
#ifdef TOKIOD_TSAN
  static constexpr bool strong_guard = true;
#else
  static constexpr bool strong_guard = false;
#endif
  static void heavy_barrier() noexcept {
    if constexpr (!strong_guard) tokiod::heavy_barrier();
  }
};

}  // namespace tokiod
