// internal to task/: a poll of a local task, which the host does not see, for whoever listens (tokio.trace/1).
// Invariant: nobody listens: two relaxed loads and two tests.
// Threads:   the one that polls.
#pragma once

#include "tokio/tracing/resource.hpp"

namespace tokio::tracing {

class [[nodiscard]] local_poll {
 public:
  explicit local_poll(tokio_waker relay) noexcept : relay_(relay) {
    if (on()) [[unlikely]]
      tell();
  }
  ~local_poll() {
    if (told_) [[unlikely]]
      host.trace->local_poll_ends(relay_, outer_, again_ ? 1 : 0);
  }
  local_poll(const local_poll&) = delete;
  local_poll& operator=(const local_poll&) = delete;

  // It is polled once more without a wake.
  void again(bool yields) noexcept { again_ = yields; }

 private:
  [[gnu::cold, gnu::noinline]] void tell() noexcept {
    told_ = TOKIO_HAS(tokio_trace_ext, host.trace, local_poll_ends);
    if (told_) outer_ = host.trace->local_poll_begins(relay_);
  }

  const tokio_waker relay_;
  std::uint64_t outer_ = 0;
  bool told_ = false;
  bool again_ = false;
};

}  // namespace tokio::tracing
