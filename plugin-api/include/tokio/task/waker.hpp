// Names a task so that anyone may wake it: plain bits {task, generation}, copied freely, nothing to release.
// Threads: wake [any], also from destructors and after the task is gone (then it does nothing).
#pragma once

#include "tokio/core/host.hpp"

namespace tokio {

class waker {
 public:
  constexpr waker() noexcept = default;  // names no task
  explicit constexpr waker(tokio_waker raw) noexcept : raw_(raw) {}

  void wake() const noexcept {
    if (raw_.task) host.core->task_wake(raw_);
  }
  constexpr tokio_waker raw() const noexcept { return raw_; }
  explicit constexpr operator bool() const noexcept { return raw_.task != nullptr; }
  friend constexpr bool operator==(const waker& a, const waker& b) noexcept {
    return a.raw_.task == b.raw_.task && a.raw_.generation == b.raw_.generation;
  }

 private:
  tokio_waker raw_{};
};

}  // namespace tokio
