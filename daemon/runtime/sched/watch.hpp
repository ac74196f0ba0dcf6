// Whether the monitor ticks: it does while a worker is active or work waits, and rests while all sleep without any.
// Invariant: a worker that is not parked and has called wanted() since is watched: either the monitor saw it unparked
//            before it rested, or the worker saw the monitor rest and starts it again. The same holds for a job that
//            was made visible by a seq_cst write before its submitter called wanted().
// Threads:   wanted [any]; rest, on [the monitor].
// Model:     tests/model/idle_model.cpp
#pragma once
#include "base/policy.hpp"

namespace tokiod::sched {

template <class P>
class basic_watch {
 public:
  // For a worker that has cleared its parked bit, and for whoever brought work from outside. True: the monitor rested,
  // and the caller starts its timer. One load, unless nobody was active before. seq_cst: partner of rest().
  [[nodiscard]] bool wanted() { return !on_.load(seq_cst) && !on_.exchange(true, seq_cst); }
  // Before the monitor looks once more whether all are parked and nothing waits. seq_cst: partner of wanted().
  void rest() { on_.store(false, seq_cst); }
  // There is no monitor to start.
  void never() { on_.store(true, seq_cst); }

 private:
  typename P::template atomic<bool> on_{true};
};

}  // namespace tokiod::sched
