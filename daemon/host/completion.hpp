// Something that ends once, on another thread, and wakes the task that polled for it last.
// Invariant: finish() is called once; whoever sees finished() sees what came before it. A watcher is woken at most
// once. Threads:   finish [one]; poll [one at a time].
#pragma once
#include <mutex>
#include <utility>

#include "runtime/sched/thread.hpp"
#include "runtime/task/handles.hpp"

namespace tokiod::host {

// Outside of every lock of the caller.
inline void wake_if_any(task::key waiter) noexcept {
  if (!waiter) return;
  const sched::host_entry inside;
  task::wake(waiter);
}

class completion {
 public:
  // True once it is finished; else `watcher` is woken when it is.
  [[nodiscard]] bool poll(task::key watcher) {
    const std::lock_guard hold(mutex_);
    watcher_ = watcher;
    return finished_;
  }
  [[nodiscard]] bool finished() const {
    const std::lock_guard hold(mutex_);
    return finished_;
  }
  // Returns whom to wake: outside of every lock of the caller.
  [[nodiscard]] task::key finish() {
    const std::lock_guard hold(mutex_);
    finished_ = true;
    return std::exchange(watcher_, {});
  }

 private:
  mutable std::mutex mutex_;
  task::key watcher_;
  bool finished_ = false;
};

}  // namespace tokiod::host
