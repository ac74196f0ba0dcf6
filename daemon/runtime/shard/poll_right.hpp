// Who may turn a shard now: its owner, or a searching worker once the owner is late. Not a lock on data: two threads in
// epoll_wait on one epoll are harmless to the kernel; it keeps them from doing the same work twice.
// Invariant: at most one thread turns a shard at a time; a sleeping owner holds the right while it sleeps.
// Threads:   any.
// Model:     tests/model/guard_model.cpp
#pragma once
#include "base/clock.hpp"
#include "base/policy.hpp"

namespace tokiod::shard {

inline constexpr duration_ns late_after = 200 * microsecond;

template <class P>
class basic_poll_right {
 public:
  // Acquire pairs with give_back(): what the last holder did to the reactor's and the wheel's state is seen.
  [[nodiscard]] bool try_take() { return held_.load(relaxed) == 0 && held_.exchange(1, acquire) == 0; }
  // Relaxed: the time is a hint for is_late(). Release: pairs with try_take().
  void give_back(instant_ns now) {
    last_turn_.store(now, relaxed);
    held_.store(0, release);
  }
  [[nodiscard]] instant_ns last_turn() const { return last_turn_.load(relaxed); }
  // Nobody holds it, and nobody has turned the shard for a while.
  [[nodiscard]] bool is_late(instant_ns now) const {
    return held_.load(relaxed) == 0 && now > last_turn_.load(relaxed) + late_after;
  }

 private:
  typename P::template atomic<std::uint32_t> held_{0};
  typename P::template atomic<instant_ns> last_turn_{0};
};

using poll_right = basic_poll_right<real_policy>;

}  // namespace tokiod::shard
