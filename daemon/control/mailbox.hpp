// How other threads reach the control thread: a call that runs there soon, or not at all once it has ended.
// Invariant: after close() no call runs any more, and posting is harmless for as long as the mailbox lives.
// Threads:   post [any]; close [control, once].
#pragma once
#include <mutex>
#include <utility>

#include "control/asio.hpp"

namespace tokiod::control {

class mailbox {
 public:
  explicit mailbox(asio::io_context& io) : io_(&io) {}

  template <class Call>
  bool post(Call&& call) {
    const std::lock_guard lock(mutex_);
    if (!io_) return false;
    asio::post(*io_, std::forward<Call>(call));
    return true;
  }

  void close() {
    const std::lock_guard lock(mutex_);
    io_ = nullptr;
  }

 private:
  std::mutex mutex_;  // held while posting, so that close() returns only when no post is under way
  asio::io_context* io_;
};

}  // namespace tokiod::control
