// `enter_guard`: while it lives, a runtime is the current one on this thread, so that spawn, timers and sockets find
// it. Invariant: guards end in the reverse order in which they began. One that does not panics in its destructor, and
// the
//            thread can enter a runtime all the same.
// Threads:   one; not across a co_await.
#pragma once

#include <exception>

#include "tokio/runtime/reference.hpp"

namespace tokio::runtime {

TOKIO_HIDDEN inline constinit thread_local unsigned guards_here = 0;

class [[nodiscard]] enter_guard {
 public:
  explicit enter_guard(reference to) noexcept
      : keep_(std::move(to)), before_(std::exchange(this_thread.instance, keep_.get())), depth_(++guards_here) {}
  enter_guard(const enter_guard&) = delete;
  enter_guard& operator=(const enter_guard&) = delete;
  ~enter_guard() noexcept(false) {
    if (depth_ == guards_here) {
      --guards_here;
      this_thread.instance = before_;
    } else if (std::uncaught_exceptions() == 0) {
      panic("enter_guards must end in the reverse order in which they began");
    }
  }

 private:
  reference keep_;
  tokio_plugin* before_;
  unsigned depth_;
};

}  // namespace tokio::runtime
