// A thread of the runtime's own for the current-thread flavor, where nobody else drives it: a daemon. A monitor watches
// it, which reports a poll that does not end; there is nobody to take over.
// Invariant: one thread drives at a time, whoever holds the seat; one that is told to leave does so after its poll.
//            After stop(), which lets all leave, nobody drives any more.
// Threads:   start, rotate, stop [one caller at a time].
// No model: the seat is guarded by a mutex, and `leave` rises once.
#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "base/os_thread.hpp"
#include "runtime/sched/current_thread/scheduler.hpp"
#include "runtime/sched/deadline.hpp"
#include "runtime/sched/multi_thread/monitor.hpp"

namespace tokiod::sched::current_thread {

class driver {
 public:
  driver(engine& of, scheduler& driven)
      : all_(of), driven_(driven), monitor_(of, [](std::uint32_t, std::uint64_t) { return false; }) {}

  [[nodiscard]] result<void> start();
  // Another thread drives; ETIMEDOUT: the one before is in a poll still, and the other waits for it.
  [[nodiscard]] result<void> rotate(instant_ns deadline);
  // False: a poll did not return in time. Its thread is left behind, and nobody may drive.
  [[nodiscard]] bool stop(const moving_deadline& deadline);

 private:
  struct occupant {
    std::atomic<bool> leave{false};
    os_thread system;
  };

  [[nodiscard]] result<void> start_driving();
  void live(const occupant& who);
  [[nodiscard]] bool sit_down(const occupant& who);
  void stand_up();
  void tell_to_leave(occupant& who);

  engine& all_;
  scheduler& driven_;
  multi_thread::monitor monitor_;
  std::mutex seat_mutex_;
  std::condition_variable seat_changes_;
  bool taken_ = false;  // somebody drives; under seat_mutex_
  std::shared_ptr<occupant> sitting_;
  std::vector<std::shared_ptr<occupant>> leaving_;
};

}  // namespace tokiod::sched::current_thread
