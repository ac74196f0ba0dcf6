// internal: a future that a thread waits for in block_on, as the host polls it, and how it ended.
// Invariant: it is not a task: this_task::try_id() is empty in it. What it throws is kept for who waits.
// Threads:   the one that waits.
#pragma once

#include <utility>

#include "tokio/core/slot.hpp"
#include "tokio/task/awaitable.hpp"

namespace tokio {

template <pollable F>
class root_future {
 public:
  using output = output_of<F>;
  explicit root_future(F& future) noexcept : future_(&future) {}

  tokio_poll poll(tokio_cx* cx) noexcept {
    const thread_scope inside({cx->plugin, cx, {}, nullptr});
    context now(cx);
    return step(now);
  }
  bool over() const noexcept { return !outcome_.empty(); }
  output take() { return outcome_.take(); }

 private:
  tokio_poll step(context& cx) noexcept {
    try {
      auto polled = future_->poll(cx);
      if (polled.is_pending()) return cx.yielded() ? TOKIO_POLL_YIELD : TOKIO_POLL_PENDING;
      if constexpr (std::is_void_v<output>)
        outcome_.emplace();
      else
        outcome_.emplace(std::move(polled).value());
    } catch (...) {
      outcome_.set_exception(std::current_exception());
    }
    return TOKIO_POLL_READY;
  }

  F* future_;
  slot<output> outcome_;
};

}  // namespace tokio
