// internal to sync/: what closed() of a sender gives, for channels that a receiver may join again (watch, broadcast).
// Invariant: ready while there is no receiver; a short time without one may be missed. Cancel safe.
// Threads: one task at a time.
#pragma once

#include "tokio/sync/notify.hpp"

namespace tokio::sync {

// State says poll_closed(), and is on the policy `policy_type`; its no_receivers hears when the last one goes.
template <class State>
class [[nodiscard]] closed_future {
 public:
  using output = void;
  explicit closed_future(State* state) noexcept : state_(state), wait_(state->no_receivers) {}

  tokio::poll<void> poll(context& cx) {
    if (!cx.proceed()) return pending;
    if (state_->poll_closed(wait_, cx.waker())) return ready();
    cx.restore();
    return pending;
  }

 private:
  State* state_;
  notify_wait<typename State::policy_type> wait_;
};

}  // namespace tokio::sync
