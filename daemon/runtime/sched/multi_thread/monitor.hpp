// The thread that looks at the workers while any of them is active: it finds polls that last long, and makes up for
// wake-ups that a local push was allowed to miss. It runs no task and touches no core; it wakes a worker that sleeps,
// and that one searches.
// Invariant: while a worker is active the monitor looks every millisecond; when all sleep it sleeps, too, without a
//            deadline. With a worker asleep and work that waited a whole look long, or is hidden behind a long poll,
//            one is woken at each look.
// Threads:   start, stop [the scheduler]; the rest is the monitor's own.
#pragma once
#include <vector>

#include "base/os_thread.hpp"
#include "runtime/sched/engine.hpp"

namespace tokiod::sched::multi_thread {

// A poll is long when two looks in a row meet it.
class monitor {
 public:
  explicit monitor(engine& of) : all_(of), seen_(of.cores.size()) {}

  [[nodiscard]] result<void> start();
  void stop();

  // One look; `now` by CLOCK_MONOTONIC. Public for tests.
  void look(instant_ns now);

 private:
  struct sight {
    std::uint64_t polls = 0;
    instant_ns at = 0;
    std::uint64_t waiting = 0;  // tasks in the core's queues
  };

  void loop();
  bool rest();
  void watch(core& of, sight& last, instant_ns now);
  [[nodiscard]] bool needs_help(core& of, instant_ns now) const;
  [[nodiscard]] static bool has_old_backlog(const core& of, sight& last);

  engine& all_;
  std::vector<sight> seen_;
  std::atomic<bool> stopping_{false};
  os_thread thread_;
};

}  // namespace tokiod::sched::multi_thread
