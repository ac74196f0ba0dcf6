// Serialises the [ctl] calls into one instance: init, stop, fini, configuration and control methods never overlap. Host
// threads wait for their turn; control methods are queued and run on a worker when it is theirs.
// Invariant: at most one call is inside; no lock is held while it runs. A queued call runs or is refused, once.
// Threads:   [any].
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "base/clock.hpp"

namespace tokiod::host {

class ctl_gate : public std::enable_shared_from_this<ctl_gate> {
 public:
  // Hands a function to a worker; false: there are no workers any more.
  using dispatcher = std::function<bool(std::function<void()>)>;
  explicit ctl_gate(dispatcher to_worker) : to_worker_(std::move(to_worker)) {}

  struct queued {
    std::function<void()> run;
    std::function<void()> refused;
  };
  void post(queued call);
  void refuse_queued();  // and everything that is posted later

  // For a host thread: true once it is inside; then leave().
  [[nodiscard]] bool enter(instant_ns deadline);
  void leave();

 private:
  void run_next();
  // Both let go of the lock.
  void hand_on(std::unique_lock<std::mutex>& hold);  // the next in the queue, or nobody
  void refuse(std::unique_lock<std::mutex>& hold);   // all in the queue

  const dispatcher to_worker_;
  std::mutex mutex_;
  std::condition_variable free_;
  std::deque<queued> queue_;
  bool busy_ = false;
  bool closed_ = false;
};

}  // namespace tokiod::host
