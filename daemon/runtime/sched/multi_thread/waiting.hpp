// Since when something waits in a queue whose positions only grow, found out by looking now and then.
// Invariant: what was there at since() has not been taken until the last look; what came later may have waited for
//            less. untouched() is never before since(). Of a queue that is taken from at both ends since() may be later
//            than true: others were taken instead.
// Threads:   that of the monitor.
#pragma once
#include <cstdint>

#include "base/clock.hpp"

namespace tokiod::sched::multi_thread {

class waiting {
 public:
  // `oldest` is the position of what is taken next, `end` that of what comes next; read in this order.
  void look(std::uint64_t oldest, std::uint64_t end, instant_ns now) {
    if (oldest == end) {
      since_ = untouched_ = never;
      return;
    }
    if (since_ == never || oldest >= end_then_) {
      since_ = now;
      end_then_ = end;
    }
    if (untouched_ == never || oldest != oldest_then_) {
      untouched_ = now;
      oldest_then_ = oldest;
    }
  }

  [[nodiscard]] instant_ns since() const { return since_; }  // never: nothing waits
  // Nothing has been taken since then, and something waits.
  [[nodiscard]] instant_ns untouched() const { return untouched_; }

 private:
  instant_ns since_ = never;
  instant_ns untouched_ = never;
  std::uint64_t end_then_ = 0;
  std::uint64_t oldest_then_ = 0;
};

}  // namespace tokiod::sched::multi_thread
