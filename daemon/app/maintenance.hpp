// Somebody has asked that no new work be sent here: the daemon is alive and serves, and says that it is not ready. It
// ends when he says so, or by the clock.
// Threads: [any].
#pragma once
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"

namespace tokiod::app {

class maintenance {
 public:
  explicit maintenance(const clock& time) : time_(time) {}

  struct view {
    bool on = false;
    std::optional<duration_ns> left;  // absent: until somebody ends it
    std::string reason;
  };
  // Another call changes for how long it lasts, from now.
  view begin(std::optional<duration_ns> lasts, std::string reason) {
    const std::lock_guard hold(mutex_);
    until_ = lasts ? time_.now() + *lasts : never;
    reason_ = std::move(reason);
    return seen();
  }
  void end() {
    const std::lock_guard hold(mutex_);
    until_ = 0;
  }
  [[nodiscard]] view now() const {
    const std::lock_guard hold(mutex_);
    return seen();
  }

 private:
  [[nodiscard]] view seen() const {
    const instant_ns at = time_.now();
    if (at >= until_) return {};
    return {true, until_ == never ? std::nullopt : std::optional(until_ - at), reason_};
  }

  const clock& time_;
  mutable std::mutex mutex_;  // for everything below
  instant_ns until_ = 0;
  std::string reason_;
};

}  // namespace tokiod::app
