// The SDK's sync/ under the explorer: its policy, with wakers that set an event of the model.
// Threads: the fibers of one execution.
#pragma once
#include "explorer/model_policy.hpp"
#include "tokio/sync/policy.hpp"

namespace tokiod::model {

// A task that waits: parked on its event until its waker is used.
class sync_task {
 public:
  tokio::waker waker() { return tokio::waker(tokio_waker{reinterpret_cast<tokio_task*>(&event_), 1}); }
  void park() { event_.wait(); }

 private:
  event event_;
};

struct sync_policy {
  template <class T>
  using atomic = model::atomic<T>;
  template <class T>
  using cell = model::cell<T>;
  using mutex = model::mutex;
  static void wake(const tokio::waker& who) {
    if (who) reinterpret_cast<event*>(who.raw().task)->set();
  }
  static void spin() { execution::current().yield(); }
  static constexpr std::uint32_t block_slots = 2;
};

}  // namespace tokiod::model
