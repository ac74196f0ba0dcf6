// A thread that waits for a primitive without being a task: the blocking_* forms. Its waker looks like a task's, with a
// generation that no host gives out, so that primitives need not know the difference.
// Invariant: a parked thread polls again only after it was woken, so whoever took its waker out of a primitive may
//            still wake it: the parker cannot be gone. A future that is ready leaves no waker behind.
// Threads:   block_on [any thread that is not polling a task]; wake [any].
// Model:     tests/model/sdk_core_model.cpp
#pragma once

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "tokio/core/policy.hpp"
#include "tokio/task/awaitable.hpp"

namespace tokio::sync {

struct futex_policy : core_policy {
  using word = atomic<std::uint32_t>;
  static void sleep_while_zero(word& at) noexcept {
    ::syscall(SYS_futex, &at, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
  }
  // Uses the address, not what is there.
  static void wake_sleeper(word* at) noexcept { ::syscall(SYS_futex, at, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0); }
};

template <class P>
class basic_parker {
 public:
  static constexpr std::uint64_t generation = UINT64_MAX;

  waker as_waker() noexcept { return waker(tokio_waker{reinterpret_cast<tokio_task*>(this), generation}); }
  void park() noexcept {
    while (woken_.load(std::memory_order_acquire) == 0) P::sleep_while_zero(woken_);  // pairs with unpark()
    woken_.store(0, std::memory_order_relaxed);  // nobody holds this waker now: the next poll hands it out again
  }
  void unpark() noexcept {
    auto* at = &woken_;
    woken_.store(1, std::memory_order_release);  // publishes what the waker did; the thread may be gone after this
    P::wake_sleeper(at);
  }

 private:
  typename P::template atomic<std::uint32_t> woken_{0};
};
using parker = basic_parker<futex_policy>;

inline void wake(const waker& who) noexcept {
  const tokio_waker raw = who.raw();
  if (raw.generation == parker::generation) [[unlikely]]
    reinterpret_cast<parker*>(raw.task)->unpark();
  else
    who.wake();
}

// Runs a future of this folder, or a task that awaits such ones and yields, one after the other, to its end on a thread
// that may block: a task that waits for two at once may leave a waker behind. `what` is the sentence for a thread that
// may not block.
template <pollable F>
output_of<F> block_on(F&& future, const char* what, call_site at = call_site::current()) {
  if (this_thread.cx) panic(what, at);
  parker here;
  std::int32_t budget = 0;
  tokio_cx raw{};
  raw.size = sizeof raw;
  raw.worker = TOKIO_WORKER_NONE;
  raw.budget = &budget;
  raw.waker = here.as_waker().raw();
  raw.host = host.core;
  raw.plugin = this_thread.instance;
  raw.flags = TOKIO_CX_UNBUDGETED;
  while (true) {
    context cx(&raw);
    auto outcome = future.poll(cx);
    if (outcome.is_ready()) return std::move(outcome).value();
    if (cx.yielded())
      ::sched_yield();  // it gave its turn away, and nobody will wake it
    else
      here.park();
  }
}

}  // namespace tokio::sync
