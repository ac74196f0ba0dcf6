// Moves the clock of the innermost fake host by hand.
//   test::paused clock;  clock.advance(250us);      // until the end of the scope time moves by advance only
// Threads: the one that made the fake host.
#pragma once

#include "tokio/test/fake_host.hpp"
#include "tokio/time/instant.hpp"

namespace tokio::test {

class [[nodiscard]] paused {
 public:
  explicit paused(call_site at = call_site::current()) {
    if (std::exchange(clock_host().paused_by_hand, true)) panic("time is paused already", at);
  }
  ~paused() {
    if (!resumed_) resume();
  }
  paused(const paused&) = delete;
  paused& operator=(const paused&) = delete;

  // Moves the clock once, and runs what that made runnable.
  void advance(time::duration span, call_site at = call_site::current()) {
    if (resumed_) panic("advance: time is not paused", at);
    clock_host().advance_ns(time::to_ns(span));
  }
  // Time goes on from where it stands.
  void resume(call_site at = call_site::current()) {
    if (resumed_) panic("resume: time is not paused", at);
    resumed_ = true;
    clock_host().paused_by_hand = false;
  }

 private:
  static fake_host& clock_host() {
    if (!fake_core::current) fake_misuse("manual time needs a fake_host");
    return static_cast<fake_host&>(*fake_core::current);
  }
  bool resumed_ = false;
};

}  // namespace tokio::test
