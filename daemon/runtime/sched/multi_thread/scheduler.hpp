// The multi-thread flavor: one OS thread per core, and a monitor. The thread at a core's seat (seat.hpp) may be
// replaced while the core, its queue, its sockets and its timers stay: when threads are rotated, and when a poll does
// not end and the core is taken over. The number of seats with a thread may change while tasks run.
// Threads:   start, rotate, resize, stop [one at a time; never from a worker]; take_over [the monitor].
// No model: reads the runtime's flag that it stops.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/os_thread.hpp"
#include "runtime/sched/deadline.hpp"
#include "runtime/sched/engine.hpp"
#include "runtime/sched/multi_thread/monitor.hpp"
#include "runtime/sched/multi_thread/seat_cpus.hpp"

namespace tokiod::sched::multi_thread {

// Until when somebody waits for workers.
struct end_of_patience {
  instant_ns deadline;                    // by CLOCK_MONOTONIC
  const std::atomic<bool>& stopping;      // the runtime ends: nothing else matters
  const std::function<bool()>& given_up;  // null: whoever waits goes on
  [[nodiscard]] bool is_cancelled() const { return stopping.load(acquire) || (given_up && given_up()); }
  [[nodiscard]] bool is_over(instant_ns now) const { return now >= deadline || is_cancelled(); }
};

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

  // 1..max_workers. Starts workers, the lowest retired numbers first, or retires those with the highest numbers. A poll
  // that does not end holds it up only where takeovers are turned off. A refusal says how many workers run now.
  [[nodiscard]] outcome<void> resize(std::uint32_t workers, const end_of_patience& given_up);

  // From now on the worker's thread runs on these CPUs, or again on all, and so does whichever takes its core over.
  // [any] Fails: out_of_range (no such worker; CPUs that are not there), unsupported (the system does not allow it),
  // busy (one thread has left and the next one has not come yet).
  [[nodiscard]] outcome<cpu_change> pin(std::uint32_t worker, const std::optional<cpu_list>& cpus);

  // Tells all workers to leave, and waits. False: some did not by `deadline`; their threads are left behind.
  [[nodiscard]] bool stop(const moving_deadline& deadline);

  // Gives the core to another thread while its holder is in poll number `poll`, which it finishes without a core.
  // False: the poll is over, no thread can be had, or the limit on threads that are left behind is reached.
  bool take_over(std::uint32_t worker, std::uint64_t poll);

 private:
  struct seat;
  struct occupant;
  [[nodiscard]] result<std::shared_ptr<occupant>> new_occupant(seat& of);
  [[nodiscard]] auto maker(seat& of) {
    return [this, &of] { return new_occupant(of); };
  }
  void add_seat(core& of);
  [[nodiscard]] seat* seat_of(std::uint32_t worker);
  static void run(seat& of, occupant& who);

  // resize.cpp
  [[nodiscard]] result<void> grow();
  void open_seat(seat& of, std::shared_ptr<occupant> first);
  [[nodiscard]] outcome<void> shrink(std::uint32_t keep, const end_of_patience& given_up);
  [[nodiscard]] bool left_by(seat& of, const end_of_patience& given_up);
  void settle(core& gone, core& heir);

  engine& all_;
  monitor monitor_;
  std::vector<std::unique_ptr<seat>> seats_;
  real_policy::mutex seats_mutex_;  // of seat.hpp, and of the list
};

}  // namespace tokiod::sched::multi_thread
