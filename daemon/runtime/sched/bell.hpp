// How a thread that waits in block_on hears that it is its turn: the bell that the waker rings, and the note on the
// core that drives where it was rung in the very hook that comes before a sleep.
// Invariant: rung once for each turn: whoever rings has made the waiting task runnable, and nobody else does before
//            that was heard. The bell may be gone as soon as it was heard: who rings touches nothing of it after the
//            lock.
// Threads:   heard, wait [the one that waits]; ring [the waker]; nudge [any]; rung_here [who holds the core].
// Model:     tests/model/bell_model.cpp
#pragma once
#include <atomic>

#include "base/policy.hpp"
#include "base/spin_lock.hpp"

namespace tokiod::sched {

template <class P>
class basic_bell {
 public:
  void ring() {
    hint_.store(true, relaxed);  // a hint for heard(); what it publishes is under the lock
    const hold locked(lock_);
    rung_.set(true);
    get_up();
  }
  // Ends a wait().
  void nudge() {
    const hold locked(lock_);
    nudged_.set(true);
    get_up();
  }

  // True: it was rung. Does not wait, unless somebody rings at this moment.
  [[nodiscard]] bool heard() {
    if (!hint_.load(relaxed)) return false;
    while (!wait()) {
    }
    return true;
  }
  // Until it is rung (true) or nudged (false).
  bool wait() {
    while (true) {
      {
        const hold locked(lock_);
        const bool nudged = take(nudged_);
        if (take(rung_)) {
          hint_.store(false, relaxed);
          return true;
        }
        if (nudged) return false;
        sleeps_.set(true);
      }
      changed_.wait();
    }
  }

 private:
  using flag = typename P::template cell<bool>;

  static bool take(flag& of) {
    const bool was = of.get();
    of.set(false);
    return was;
  }
  // Under the lock: the one that waits takes it once more before it lets the bell go.
  void get_up() {
    if (take(sleeps_)) changed_.set();
  }

  typename P::template atomic<bool> hint_{false};  // somebody rings; what follows is under the lock
  typename P::mutex lock_;
  flag rung_{false}, nudged_{false}, sleeps_{false};
  typename P::event changed_;
};

// Of a core: who waits on its own thread looked before the hook, and sleeps after it.
class rung_here {
 public:
  void note() { rung_ = true; }
  // True: `hook` rang a bell here, and there is no time to sleep.
  template <class Hook>
  [[nodiscard]] bool during(const Hook& hook) {
    rung_ = false;
    hook();
    return rung_;
  }

 private:
  bool rung_ = false;
};

using bell = basic_bell<real_policy>;

}  // namespace tokiod::sched
