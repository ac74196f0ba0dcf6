// The model seam of core/ and task/: what their words are made of. The model checker supplies another policy with the
// same names and explores interleavings of the very same source. sync/policy.hpp adds what its primitives need.
//   P::atomic<T>     std::atomic's interface; every order is written out
//   P::wait(tries)   one iteration of waiting for another thread
// Threads: no state.
// No model: this is what models replace.
#pragma once

#include <sched.h>

#include <atomic>

namespace tokio {

struct core_policy {
  template <class T>
  using atomic = std::atomic<T>;

  // The other thread may have lost its processor. Between two looks it has the lock's cache line to itself: what it
  // guards is mostly there, too.
  static void wait(unsigned& tries) noexcept {
    if (++tries % 64 == 0)
      ::sched_yield();
    else
      pause();
  }

 private:
  static void pause() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb");  // as long as a pause is elsewhere, which a yield is not
#endif
  }
};

}  // namespace tokio
