#include "runtime/sched/current_thread/driver.hpp"

#include <utility>

namespace tokiod::sched::current_thread {

result<void> driver::start() {
  auto started = monitor_.start();
  if (started) started = start_driving();
  if (!started) monitor_.stop();
  return started;
}

result<void> driver::start_driving() {
  auto next = std::make_shared<occupant>();
  auto started = os_thread::start({.name = all_.thread_name(), .stack_bytes = all_.with.thread_stack_size},
                                  [this, &who = *next] { live(who); });
  if (!started) return std::unexpected(started.error());
  next->system = std::move(*started);
  sitting_ = std::move(next);
  return {};
}

void driver::live(const occupant& who) {
  if (all_.with.on_thread_start) all_.with.on_thread_start();
  const stack_answers answers(all_.with.stuck_stacks || stack_answers::wanted_of_all());
  if (sit_down(who)) {
    // Acquire pairs with tell_to_leave(): nothing else is published, it ends the loop.
    const std::function<bool()> leaves = [&who] { return who.leave.load(acquire); };
    const auto done = [&] {
      if (all_.gate.maybe_shut()) stand_at_gate(*all_.cores[0], leaves);
      return leaves();
    };
    driven_.run_until(done, never, nullptr, answers.place());
    stand_up();
  }
  if (all_.with.on_thread_stop) all_.with.on_thread_stop();
}

// False: it is told to leave before its turn comes, and does not wait for somebody who came later.
bool driver::sit_down(const occupant& who) {
  std::unique_lock lock(seat_mutex_);
  seat_changes_.wait(lock, [&] { return !taken_ || who.leave.load(acquire); });
  if (who.leave.load(acquire)) return false;
  taken_ = true;
  return true;
}

void driver::stand_up() {
  const std::lock_guard lock(seat_mutex_);
  taken_ = false;
  seat_changes_.notify_all();
}

void driver::tell_to_leave(occupant& who) {
  {
    const std::lock_guard lock(seat_mutex_);
    who.leave.store(true, release);
    seat_changes_.notify_all();
  }
  all_.gate.look_again();
  driven_.nudge();
}

result<void> driver::rotate(instant_ns deadline) {
  std::shared_ptr<occupant> before = sitting_;
  if (auto next = start_driving(); !next) return next;
  tell_to_leave(*before);
  leaving_.push_back(std::move(before));
  std::erase_if(leaving_, [&](const auto& one) { return one->system.join_until(deadline); });
  if (!leaving_.empty()) return std::unexpected(error{ETIMEDOUT, "pthread_join"});
  return {};
}

bool driver::stop(const moving_deadline& deadline) {
  monitor_.stop();
  if (sitting_ != nullptr) {
    tell_to_leave(*sitting_);
    leaving_.push_back(std::move(sitting_));
  }
  std::erase_if(leaving_, [&](const auto& one) { return join_by(one->system, deadline); });
  for (const auto& one : leaving_) one->system.detach();  // whoever stops us keeps everything that it may touch
  return leaving_.empty();
}

}  // namespace tokiod::sched::current_thread
