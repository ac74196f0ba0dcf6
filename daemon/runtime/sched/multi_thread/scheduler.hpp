// The multi-thread flavor: one OS thread per core, and a monitor. A seat is a core with the thread that holds it; the
// thread may be replaced while the core, its queue, its sockets and its timers stay.
// Invariant: a core has at most one holder; a new holder takes it only after the old one gave it up.
// Threads:   start, rotate, stop [one at a time; never from a worker].
#pragma once
#include <memory>
#include <vector>

#include "base/os_thread.hpp"
#include "runtime/sched/deadline.hpp"
#include "runtime/sched/engine.hpp"
#include "runtime/sched/multi_thread/monitor.hpp"

namespace tokiod::sched::multi_thread {

class scheduler {
 public:
  explicit scheduler(engine& of);
  scheduler(const scheduler&) = delete;
  scheduler& operator=(const scheduler&) = delete;
  ~scheduler();  // the workers have left, or are abandoned

  // All workers run, or none: what was started is stopped again when a thread cannot be had.
  [[nodiscard]] result<void> start();

  // Every worker's thread is replaced by a new one. EAGAIN: no thread can be had, and that seat keeps its old one.
  // ETIMEDOUT: a worker did not come back from its poll by `deadline`; its successor waits and takes over when it does.
  [[nodiscard]] result<void> rotate(instant_ns deadline);

  // Tells all workers to leave, and waits. False: some did not by `deadline`; their threads are left behind.
  [[nodiscard]] bool stop(const moving_deadline& deadline);

 private:
  struct seat;
  struct occupant;
  [[nodiscard]] result<void> occupy(seat& of);
  [[nodiscard]] bool vacated(seat& of, instant_ns deadline);
  static void run(seat& of, occupant& who);

  engine& all_;
  monitor monitor_;
  std::vector<std::unique_ptr<seat>> seats_;
};

}  // namespace tokiod::sched::multi_thread
