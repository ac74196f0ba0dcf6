// Whose code a thread is inside of, as it shows it to others: the counts of a plugin can be zero while a thread is
// still on its way out of its code, and only when no thread shows it either nothing of it runs (host/quiet.hpp).
// Invariant: shown from before the code is entered until after it has returned.
// Threads:   mine, enter, leave_to [the thread itself]; now [any].
// Model:     tests/model/unload_model.cpp
#pragma once
#include "base/policy.hpp"

namespace tokiod::sched {

template <class P, class T>
class basic_shown {
 public:
  [[nodiscard]] T mine() const { return word_.load(relaxed); }  // own store

  // Relaxed: the thread holds a pin (a task, a job, a callback) that it gives back later with a release store, or is a
  // worker whose guard is passed before anybody looks here; a reader that has seen that has seen this store.
  void enter(T what) { word_.store(what, relaxed); }
  // Release: everything that the code did happens before whoever looks sees that it is left.
  void leave_to(T outer) { word_.store(outer, release); }

  [[nodiscard]] T now() const { return word_.load(acquire); }  // pairs with leave_to()

 private:
  typename P::template atomic<T> word_{T{}};
};

}  // namespace tokiod::sched
