#include "app/confirm_timer.hpp"

#include <chrono>
#include <utility>

namespace tokiod::app {

outcome<void> confirm_timer::arm(instant_ns at) {
  const std::lock_guard hold(mutex_);
  if (stopping_ && at != never) return refuse(kind::draining, "the daemon is draining");
  if (at != never && !thread_.joinable()) {
    auto started = os_thread::start({.name = "tokiod-confirm"}, [this] { run(); });
    if (!started) return refuse(kind::io_error, "no thread that could take the change back: ", started.error().text());
    thread_ = std::move(*started);
  }
  at_ = at;
  changed_.notify_all();
  return {};
}

void confirm_timer::stop() {
  {
    const std::lock_guard hold(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void confirm_timer::run() {
  std::unique_lock hold(mutex_);
  while (!stopping_) {
    if (at_ == never) {
      changed_.wait(hold);
      continue;
    }
    const std::chrono::steady_clock::time_point due{std::chrono::nanoseconds(at_)};
    if (std::chrono::steady_clock::now() < due) {
      changed_.wait_until(hold, due);
      continue;
    }
    at_ = never;
    hold.unlock();
    due_();
    hold.lock();
  }
}

}  // namespace tokiod::app
