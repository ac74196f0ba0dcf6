// A lock of one byte for sections of a few dozen instructions. It spins a little and then lets others run: on a virtual
// machine the holder may be descheduled, and spinning on would burn the time it needs to finish.
// Invariant: unlock() touches the lock exactly once, so whoever is let in may destroy it with what it guards.
// Threads:   any; not recursive; never held across a call into a plugin.
// Model:     tests/model/injector_model.cpp
#pragma once
#include <cstdint>

#include "base/policy.hpp"

namespace tokiod {

template <class P>
class basic_spin_lock {
 public:
  basic_spin_lock() = default;
  basic_spin_lock(const basic_spin_lock&) = delete;
  basic_spin_lock& operator=(const basic_spin_lock&) = delete;

  void lock() noexcept {
    // Acquire pairs with the release in unlock(): the previous holder's writes are ours to see.
    while (held_.exchange(1, acquire) != 0) wait();
  }
  [[nodiscard]] bool try_lock() noexcept { return held_.exchange(1, acquire) == 0; }
  // Release publishes everything written under the lock to the exchange in lock().
  void unlock() noexcept { held_.store(0, release); }

 private:
  static constexpr int spins_before_yield = 100;  // about 5 us with a 140-cycle pause: longer than any section here

  void wait() noexcept {
    // Relaxed is enough: the loop only guesses when to try the exchange again, and that one acquires.
    for (int spins = 0; held_.load(relaxed) != 0; ++spins) {
      if (spins < spins_before_yield) {
        P::spin();
      } else {
        P::yield();
      }
    }
  }

  typename P::template atomic<std::uint8_t> held_{0};
};

using spin_lock = basic_spin_lock<real_policy>;

// Holds any of our locks for a scope. std::lock_guard wants <mutex>, which only the policy may name.
template <class Lock>
class [[nodiscard]] hold {
 public:
  explicit hold(Lock& lock) : lock_(lock) { lock_.lock(); }
  hold(const hold&) = delete;
  hold& operator=(const hold&) = delete;
  ~hold() { lock_.unlock(); }

 private:
  Lock& lock_;
};

}  // namespace tokiod
