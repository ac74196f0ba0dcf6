// Whether other workers help a core, learnt from what polls take while it works alone and while others are awake. Tasks
// that share a lock or a cache line run slower on two cores than on one, and then each poll takes long because of the
// help, which looks like a reason to ask for more of it: so help is priced by what a poll takes alone.
// Invariant: what is older than `counts_for` does not count. A core that was not alone for a while goes without help
//            for some stretches, ever more seldom while that is in vain; one that was harmed tries again later.
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
  static constexpr duration_ns counts_for = 100 * millisecond;
  static constexpr duration_ns alone_every = 10 * millisecond;  // and at most for a fiftieth of the time
  static constexpr duration_ns alone_at_least_every = second;
  static constexpr unsigned alone_stretches = 4;  // the helper finishes what it has, and sleeps, before the last one
  static constexpr duration_ns window_for_each = 25 * microsecond;
  static constexpr unsigned windows_to_judge = 2;  // in one of them a thread may have had no processor

  // After a stretch of polls that took `one` each, while the others slept.
  void learn_alone(duration_ns one, instant_ns now) {
    alone_.add(one, now);
    left_ = 0;
    between_tries_ = alone_every;
    forget_stretch();
  }
  // The same while so many workers were awake, this one included: of `whole` in all. `polls` says how many there were
  // in the runtime so far.
  template <class Polls>
  void learn_helped(duration_ns one, duration_ns whole, std::uint32_t awake, instant_ns now, Polls polls) {
    watch_all(awake, now, polls);
    if (left_ != 0 && --left_ != 0) return;
    if (one >= fine) return alone_.forget();
    if (now < next_try_ || alone_.known(now, alone_every)) return;
    next_try_ = now + std::max(between_tries_, 50 * alone_stretches * whole);
    between_tries_ = std::min(2 * between_tries_, alone_at_least_every);
    left_ = alone_stretches;
    tries_until_ = now + 4 * alone_stretches * whole;
  }
  // After one that was neither, or no stretch of polls at all.
  void forget_stretch() { window_since_ = 0; }

  // What a poll takes, if that is `mean` by all that was seen.
  [[nodiscard]] duration_ns price_of_poll(duration_ns mean, instant_ns now) const {
    return alone_.known(now, counts_for) ? std::min(mean, alone_.mean) : mean;
  }

  // Nobody else should be here: it makes all of it slower, or it is to be seen whether it does.
  [[nodiscard]] bool is_unwanted(instant_ns now) const {
    const bool tries = left_ != 0 && now < tries_until_;
    return tries || (harmful_ >= windows_to_judge && now < judged_at_ + counts_for && is_harm(now));
  }

 private:
  struct estimate {
    duration_ns mean = 0;
    instant_ns learnt = 0;  // 0: never

    [[nodiscard]] bool known(instant_ns now, duration_ns age) const { return learnt != 0 && now < learnt + age; }
    // A thread that lost its processor for a moment is no long poll: what grows does so in steps.
    void add(duration_ns sample, instant_ns now) {
      constexpr duration_ns most_at_once = 8;
      mean = known(now, counts_for) ? (3 * mean + std::min(sample, most_at_once * (mean + 1))) / 4 : sample;
      learnt = now;
    }
    void forget() { learnt = 0; }
  };

  // What a poll costs the runtime while several work: seldom, because who asks for the counts of others takes their
  // cache lines.
  template <class Polls>
  void watch_all(std::uint32_t awake, instant_ns now, Polls polls) {
    if (window_since_ != 0 && now < window_since_ + awake * window_for_each) return;
    const std::uint64_t count = polls();
    if (window_since_ != 0 && count != polls_then_) judge((now - window_since_) / (count - polls_then_), now);
    window_since_ = now;
    polls_then_ = count;
  }
  void judge(duration_ns cost, instant_ns now) {
    if (now >= judged_at_ + counts_for) harmful_ = 0;
    judged_at_ = now;
    cost_ = cost;
    harmful_ = is_harm(now) ? std::min(harmful_ + 1, windows_to_judge) : 0;
  }
  // Asked again at each use: polls that have become longer by themselves are no harm, and are seen by who is alone.
  [[nodiscard]] bool is_harm(instant_ns now) const {
    return alone_.known(now, counts_for) && alone_.mean < fine && cost_ > alone_.mean + alone_.mean / 8;
  }

  estimate alone_;
  duration_ns cost_ = 0;  // with help; what it was when it was judged
  instant_ns judged_at_ = 0;
  unsigned harmful_ = 0;         // windows in a row
  instant_ns window_since_ = 0;  // 0: none
  std::uint64_t polls_then_ = 0;
  duration_ns between_tries_ = alone_every;
  instant_ns next_try_ = 0, tries_until_ = 0;
  unsigned left_ = 0;  // stretches to go without help
};

}  // namespace tokiod::sched
