// internal to sync/: what closed() of a sender gives, for channels that a receiver may join again (watch, broadcast).
// Invariant: ready while there is no receiver; a short time without one may be missed.
// Threads: one task at a time.
#pragma once

#include "tokio/sync/notify.hpp"

namespace tokio::sync {

// State has receiver_count(), and a notify_core no_receivers that is notified when the last one goes.
template <class State>
class [[nodiscard]] closed_future {
 public:
  using output = void;
  explicit closed_future(State* state) noexcept : state_(state), wait_(state->no_receivers) {}

  tokio::poll<void> poll(context& cx) {
    if (!cx.proceed()) return pending;
    while (true) {
      if (state_->receiver_count() == 0) return ready();
      if (!wait_.poll(cx.waker())) break;
      wait_.again();  // somebody has subscribed since
    }
    cx.restore();
    return pending;
  }

 private:
  State* state_;
  notify_wait<policy> wait_;
};

}  // namespace tokio::sync
