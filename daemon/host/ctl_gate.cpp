#include "host/ctl_gate.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace tokiod::host {

void ctl_gate::post(queued call) {
  std::unique_lock hold(mutex_);
  if (closed_) {
    hold.unlock();
    return call.refused();
  }
  queue_.push_back(std::move(call));
  if (!busy_) hand_on(hold);
}

void ctl_gate::hand_on(std::unique_lock<std::mutex>& hold) {
  while ((busy_ = !queue_.empty())) {
    hold.unlock();
    if (to_worker_([self = shared_from_this()] { self->run_next(); })) return;
    hold.lock();  // no worker, or no memory for now: those that wait are refused, later ones try again
    refuse(hold);
    hold.lock();
  }
  free_.notify_one();
}

void ctl_gate::run_next() {
  std::optional<queued> next;
  {
    const std::lock_guard hold(mutex_);
    if (!queue_.empty()) {
      next = std::move(queue_.front());
      queue_.pop_front();
    }
  }
  if (next) next->run();
  leave();
}

void ctl_gate::refuse_queued() {
  std::unique_lock hold(mutex_);
  closed_ = true;
  refuse(hold);
}

void ctl_gate::refuse(std::unique_lock<std::mutex>& hold) {
  const auto refused = std::exchange(queue_, {});
  hold.unlock();
  for (const auto& call : refused) call.refused();
}

bool ctl_gate::enter(instant_ns deadline) {
  std::unique_lock hold(mutex_);
  const auto until =
      std::chrono::steady_clock::time_point(std::chrono::nanoseconds(std::min<instant_ns>(deadline, INT64_MAX / 2)));
  if (!free_.wait_until(hold, until, [&] { return !busy_; })) return false;
  busy_ = true;
  return true;
}

void ctl_gate::leave() {
  std::unique_lock hold(mutex_);
  hand_on(hold);
}

}  // namespace tokiod::host
