// `enter_guard`: while it lives, a runtime is the current one on this thread, so that spawn, timers and sockets find
// it.
// Invariant: guards end in the reverse order in which they began. One that does not panics in its destructor; those
//            inside of it stay in force, and the last one to end leaves what was current before the first.
// Threads:   one; not across a co_await.
#pragma once

#include <exception>

#include "tokio/runtime/reference.hpp"

namespace tokio::runtime {

class enter_guard;
TOKIO_HIDDEN inline constinit thread_local enter_guard* innermost_guard = nullptr;

class [[nodiscard]] enter_guard {
 public:
  explicit enter_guard(reference to) noexcept
      : keep_(std::move(to)),
        before_(std::exchange(this_thread.instance, keep_.get())),
        outer_(std::exchange(innermost_guard, this)) {}
  enter_guard(const enter_guard&) = delete;
  enter_guard& operator=(const enter_guard&) = delete;
  ~enter_guard() noexcept(false) {
    if (innermost_guard == this) {
      innermost_guard = outer_;
      this_thread.instance = before_;
      return;
    }
    leave_to_inner();
    if (std::uncaught_exceptions() == 0) panic("enter_guards must end in the reverse order in which they began");
  }

 private:
  // What came before this one comes before the next inner one now: this runtime may be gone when that ends.
  void leave_to_inner() noexcept {
    for (auto* inner = innermost_guard; inner; inner = inner->outer_) {
      if (inner->outer_ != this) continue;
      inner->outer_ = outer_;
      inner->before_ = before_;
      return;
    }
  }

  reference keep_;
  tokio_plugin* before_;
  enter_guard* outer_;
};

}  // namespace tokio::runtime
