// Calls somebody at a moment: for a change of the configuration that is taken back, unless it is confirmed or because
// its time is over. Invariant: once arm() has succeeded the call comes, also on a machine that has no thread left then.
// Threads:   arm [any]; the call comes on a thread of its own; stop [one thread, once], which waits for a call.
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/os_thread.hpp"

namespace tokiod::app {

class confirm_timer {
 public:
  // The moments are those of CLOCK_MONOTONIC.
  explicit confirm_timer(std::function<void()> due) : due_(std::move(due)) {}
  confirm_timer(const confirm_timer&) = delete;
  confirm_timer& operator=(const confirm_timer&) = delete;
  ~confirm_timer() { stop(); }

  // Instead of the moment before; never: no call. The first one starts the thread. Fails: io_error (no thread).
  [[nodiscard]] outcome<void> arm(instant_ns at);
  void stop();

 private:
  void run();

  const std::function<void()> due_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  instant_ns at_ = never;
  bool stopping_ = false;
  os_thread thread_;
};

}  // namespace tokiod::app
