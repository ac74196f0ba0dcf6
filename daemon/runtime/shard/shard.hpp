// What one sleeper sleeps on: the sockets of a reactor, the timers of a queue, and tasks that come from outside. A
// shard has a stable number and exactly one owner core, which may change; sockets and timers stay with their shard.
// Invariant: whoever sleeps on a shard is woken by an event, a due timer or wake(), however they come in relation to
// the
//            beginning of the sleep.
// Threads:   turn, sleep, fire_timers [holder of the poll right; sleep also without it]; everything else [any].
// No model: the owner's number, a hint whom to wake first.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "runtime/io/reactor.hpp"
#include "runtime/queue/injector.hpp"
#include "runtime/shard/poll_right.hpp"
#include "runtime/task/header.hpp"
#include "runtime/time/timer_queue.hpp"

namespace tokiod::shard {

class shard {
 public:
  // `steady`: the clock runs by itself. With another one a sleeper cannot wait for a deadline; it is woken by whoever
  // moves the clock. EMFILE, ENFILE, ENOMEM.
  [[nodiscard]] static result<std::unique_ptr<shard>> create(std::uint32_t id, const clock& time, bool steady,
                                                             std::size_t events_per_turn = io::reactor::usual_events);

  [[nodiscard]] std::uint32_t id() const { return id_; }
  // The index of the core that turns it. Relaxed: a hint whom to wake first.
  [[nodiscard]] std::uint32_t owner() const { return owner_.load(relaxed); }
  // [whoever passed the guard of the core that gives it away]
  void set_owner(std::uint32_t core) { owner_.store(core, relaxed); }

  // A look at sockets and timers without waiting; calls wake(task::key) for each waiter. `most` events of sockets.
  template <class Wake>
  io::turn_report turn(Wake&& on_wake, std::size_t most) {
    const io::turn_report report = reactor->turn(0, on_wake, most);
    fire_timers(on_wake);
    return report;
  }
  // The same by somebody else: a wake-up that was meant for the owner is passed on.
  template <class Wake>
  io::turn_report turn_for_owner(Wake&& on_wake, std::size_t most) {
    const io::turn_report report = reactor->turn_for_owner(on_wake, most);
    fire_timers(on_wake);
    return report;
  }

  // Until `limit` (by the runtime's clock; 0: only a look), the next timer, an event, or wake(). Timers are not fired.
  template <class Wake>
  io::turn_report sleep(instant_ns limit, Wake&& on_wake) {
    return reactor->turn(time_left(std::min(limit, timers.next_deadline())), on_wake);
  }

  template <class Wake>
  void fire_timers(Wake&& wake) {
    if (timers.next_deadline() != never) timers.fire(time_.now(), wake);
  }

  // Ends the sleep, the current one or the next.
  void wake() { reactor->wake(); }

  // A timer of this shard. [any]
  void arm(time::timer_queue::entry& entry, instant_ns deadline, task::key waiter, bool sleeper_is_here) {
    if (timers.arm(entry, deadline, waiter) && !sleeper_is_here) wake();
  }

  [[nodiscard]] bool has_due_timers() const {
    const instant_ns next = timers.next_deadline();
    return next != never && next <= time_.now();
  }
  // A timer is due or a socket has something to say: for whoever wonders whether a late owner is missed.
  [[nodiscard]] bool has_events() const { return has_due_timers() || reactor->has_events(); }

  queue::injector<real_policy, task::header> injector;
  poll_right right;
  std::unique_ptr<io::reactor> reactor;
  time::timer_queue timers;

 private:
  shard(std::uint32_t id, const clock& time, bool steady, std::unique_ptr<io::reactor> made)
      : reactor(std::move(made)), timers(time.now()), id_(id), owner_(id), time_(time), steady_(steady) {}

  [[nodiscard]] duration_ns time_left(instant_ns until) const {
    if (until == never) return never;
    const instant_ns now = time_.now();
    if (until <= now) return 0;
    return steady_ ? until - now : never;
  }

  const std::uint32_t id_;
  std::atomic<std::uint32_t> owner_;
  const clock& time_;
  const bool steady_;
};

}  // namespace tokiod::shard
