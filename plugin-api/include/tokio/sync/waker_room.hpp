// Internal to oneshot and mpsc: room for the waker of the one task that waits.
// Invariant: written only while no word offers it. Who takes the offer copies the waker before the compare-exchange
// that
//            does so, so a copy that was torn or replaced meanwhile is never used.
// Threads:   put() [the waiting side], get() [any].
// Model:     tests/model/sync_model.cpp
#pragma once

#include <cstdint>

#include "tokio/sync/policy.hpp"

namespace tokio::sync {

template <class P>
class waker_room {
 public:
  void put(waker who) noexcept {
    task_.store(who.raw().task, relaxed);              // published by the CAS that offers the waker
    generation_.store(who.raw().generation, relaxed);  // as above
  }
  waker get() const noexcept {
    tokio_waker raw{};
    raw.task = task_.load(relaxed);              // ordered by the acquire of the word that offers it
    raw.generation = generation_.load(relaxed);  // as above
    return waker(raw);
  }

 private:
  typename P::template atomic<tokio_task*> task_{nullptr};
  typename P::template atomic<std::uint64_t> generation_{0};
};

}  // namespace tokio::sync
