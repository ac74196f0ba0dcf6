// Whether other workers help a core, learnt from what polls take while it works alone and while others are awake. Tasks
// that share a lock or a cache line run slower on two cores than on one, and then each poll takes long because of the
// help, which looks like a reason to ask for more of it: so help is priced by what a poll takes alone.
// Invariant: what is not fresh does not count: a core that was not alone for long is left alone for some stretches, and
//            one that was harmed tries again later.
// Threads:   the holder of the core.
#pragma once
#include <algorithm>

#include "base/clock.hpp"

namespace tokiod::sched {

class help {
 public:
  // Of longer polls it is their own work that takes the time; this is a budget full of operations on one lock.
  static constexpr duration_ns fine = 16 * microsecond;
  static constexpr duration_ns alone_counts_for = second;
  static constexpr duration_ns harm_counts_for = 100 * millisecond;
  static constexpr duration_ns alone_every = 10 * millisecond;  // and at most for a fiftieth of the time
  static constexpr unsigned alone_stretches = 4;  // the helper finishes what it has, and sleeps, before the last one

  // A stretch of polls that took `one` each, `whole` in all, while so many workers were awake, this one included.
  void learn(duration_ns one, duration_ns whole, std::uint32_t awake, instant_ns now) {
    if (awake <= 1)
      alone_.add(one, now, alone_counts_for);
    else
      helped_.add(one / awake, now, harm_counts_for);  // what it costs the runtime: others poll at the same time
    left_ -= left_ != 0 ? 1 : 0;
    if (left_ != 0 || awake <= 1 || one >= fine || now < next_try_ || alone_.at(now, alone_every)) return;
    next_try_ = now + std::max(alone_every, 50 * alone_stretches * whole);
    left_ = alone_stretches;
  }

  // What a poll takes, if that is `mean` by all that was seen.
  [[nodiscard]] duration_ns price_of_poll(duration_ns mean, instant_ns now) const {
    return alone_.at(now, alone_counts_for) ? std::min(mean, alone_.mean) : mean;
  }

  // Nobody else should be here: it makes all of it slower, or it is to be seen whether it does.
  [[nodiscard]] bool is_unwanted(instant_ns now) const { return left_ != 0 || harms(now); }

 private:
  struct estimate {
    duration_ns mean = 0;
    instant_ns learnt = 0;  // 0: never

    [[nodiscard]] bool at(instant_ns now, duration_ns age) const { return learnt != 0 && now < learnt + age; }
    // A thread that lost its processor for a moment is no long poll: what grows does so in steps.
    void add(duration_ns sample, instant_ns now, duration_ns forgotten_after) {
      constexpr duration_ns most_at_once = 8;
      mean = at(now, forgotten_after) ? (3 * mean + std::min(sample, most_at_once * (mean + 1))) / 4 : sample;
      learnt = now;
    }
  };

  [[nodiscard]] bool harms(instant_ns now) const {
    return alone_.at(now, alone_counts_for) && helped_.at(now, harm_counts_for) && alone_.mean < fine &&
           helped_.mean > alone_.mean + alone_.mean / 8;
  }

  estimate alone_, helped_;
  instant_ns next_try_ = 0;
  unsigned left_ = 0;  // stretches to go without help
};

}  // namespace tokiod::sched
