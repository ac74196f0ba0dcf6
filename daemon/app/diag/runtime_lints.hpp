// What looks wrong with the runtime as a whole: workers, queues, timers, the blocking pool, and what owners spawn and
// leave behind. Found by comparing two looks that lie some time apart, so nothing is counted for it anywhere.
// Invariant: as many findings as there are workers, owners and polls that last; each names one subject.
// Threads:   pure functions of values.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "control/backend/diag.hpp"

namespace tokiod::app {

// What is looked at, at one moment.
struct runtime_look {
  struct worker {
    std::uint32_t index = 0;
    bool parked = false, retired = false, blocks = false;
    std::uint64_t waiting = 0;  // in its queue and in its injector
    std::uint64_t queued = 0;   // in its queue
    std::uint64_t polls = 0;
    std::uint64_t task = 0;  // polled now; 0: none
    std::string plugin;      // whose
    duration_ns running_for = 0;
  };
  struct owner {
    std::string name;
    std::uint64_t spawned = 0, ended = 0, live = 0;
    bool over = false;  // the instance has ended, as far as it says so
  };

  instant_ns at = 0;
  std::vector<worker> workers;
  std::vector<owner> owners;
  std::uint64_t jobs_queued = 0, blocking_threads = 0, blocking_idle = 0, blocking_max = 0;
  duration_ns timer_late = 0;  // how long the earliest timer has been due
  bool paused = false;         // somebody has paused the workers
};

// `before` is the look before `now`; without one (at = 0) only that is found which one look shows.
[[nodiscard]] std::vector<control::lint_info> lints_of(const runtime_look& before, const runtime_look& now);

// A finding, with what its row says of it.
[[nodiscard]] control::lint_info lint_about(std::string_view lint, std::string subject, std::string sentence,
                                            double measured);

}  // namespace tokiod::app
