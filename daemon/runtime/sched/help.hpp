// Whether other workers help a core, learnt from what polls take while it works alone and while others are awake. Tasks
// that share a lock or a cache line run slower on two cores than on one, and then each poll takes long because of the
// help, which looks like a reason to ask for more of it: so help is priced by what a poll takes alone.
// Invariant: what is not fresh does not count: a core that was not alone for long is left alone for some stretches, and
//            one that was harmed tries again later.
// Threads:   the holder of the core.
#pragma once
#include <algorithm>
#include <cstdint>

#include "base/clock.hpp"

namespace tokiod::sched {

class help {
 public:
  // Of longer polls it is their own work that takes the time; this is a budget full of operations on one lock.
  static constexpr duration_ns fine = 16 * microsecond;
  static constexpr duration_ns alone_counts_for = second;
  static constexpr duration_ns harm_counts_for = 100 * millisecond;
  static constexpr duration_ns alone_every = 10 * millisecond;  // and at most for a fiftieth of the time
  static constexpr duration_ns window_for_each = 25 * microsecond;
  static constexpr unsigned alone_stretches = 4;  // the helper finishes what it has, and sleeps, before the last one

  // After a stretch of polls that took `one` each, while the others slept, or while so many workers were awake, this
  // one included. `polls`: says how many there were in the whole runtime so far.
  void learn_alone(duration_ns one, instant_ns now) {
    alone_.add(one, now, alone_counts_for);
    left_ = 0;
    window_since_ = 0;
  }
  template <class Polls>
  void learn_helped(duration_ns one, duration_ns whole, std::uint32_t awake, instant_ns now, Polls polls) {
    watch_all(awake, now, polls);
    if (left_ != 0 && --left_ != 0) return;
    if (one >= fine || now < next_try_ || alone_.at(now, alone_every)) return;
    next_try_ = now + std::max(alone_every, 50 * alone_stretches * whole);
    left_ = alone_stretches;
  }
  // A stretch that was neither.
  void forget_stretch() { window_since_ = 0; }

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

  // What a poll costs the runtime while several work: seldom, because who asks for the counts of others takes their
  // cache lines.
  template <class Polls>
  void watch_all(std::uint32_t awake, instant_ns now, Polls polls) {
    if (window_since_ != 0 && now < window_since_ + awake * window_for_each) return;
    const std::uint64_t count = polls();
    if (window_since_ != 0 && count != polls_then_)
      helped_.add((now - window_since_) / (count - polls_then_), now, harm_counts_for);
    window_since_ = now;
    polls_then_ = count;
  }
  [[nodiscard]] bool harms(instant_ns now) const {
    return alone_.at(now, alone_counts_for) && helped_.at(now, harm_counts_for) && alone_.mean < fine &&
           helped_.mean > alone_.mean + alone_.mean / 8;
  }

  estimate alone_, helped_;
  instant_ns window_since_ = 0;  // 0: none
  std::uint64_t polls_then_ = 0;
  instant_ns next_try_ = 0;
  unsigned left_ = 0;  // stretches to go without help
};

}  // namespace tokiod::sched
