// The timers of one shard: a wheel behind a lock, and the moment when it needs attention, readable by everybody.
// Invariant: next_deadline() is never later than the earliest armed deadline (rounded up to a tick). It may be earlier
//            than that: a cancelled timer leaves it, and the next fire() repairs it.
//            Keys are woken after the lock is released, at most 64 at a time.
//            An entry is its owner's again when disarm() returns; it never waits for a wake.
//            Of a queue that was closed nothing is armed.
// Threads:   all [any]; arm and disarm of one entry [its owner].
// Model:     tests/model/timer_model.cpp
#pragma once
#include <array>
#include <cstdint>

#include "base/clock.hpp"
#include "base/policy.hpp"
#include "base/spin_lock.hpp"
#include "runtime/metrics/counter.hpp"
#include "runtime/metrics/histogram.hpp"
#include "runtime/time/timer_entry.hpp"
#include "runtime/time/wheel.hpp"

namespace tokiod::time {

struct timer_counts {
  std::uint64_t armed = 0;      // entries linked; a move is a cancel and an arm
  std::uint64_t cancelled = 0;  // before they fired
  std::uint64_t fired = 0;
  [[nodiscard]] std::uint64_t live() const { return armed > cancelled + fired ? armed - cancelled - fired : 0; }
};

template <class P, class Key>
class basic_timer_queue {
 public:
  using entry = basic_timer_entry<P, Key>;

  explicit basic_timer_queue(instant_ns now) : wheel_(std::in_place, now) {}
  basic_timer_queue(const basic_timer_queue&) = delete;
  basic_timer_queue& operator=(const basic_timer_queue&) = delete;

  // `waiter` is woken at or after `deadline`. Arming an armed entry moves it, also from another queue. True: this is
  // the earliest deadline now, so a sleeper that may be waiting for a later one has to be woken (by the caller, see
  // next_deadline()). Once the queue was closed the entry is fired at once, and nobody is woken.
  [[nodiscard]] bool arm(entry& e, instant_ns deadline, Key waiter) {
    if (e.armed()) {
      if (e.queue_ == this && moved_later(e, deadline, waiter)) return false;
      disarm(e);
    }
    const hold locked(lock_);
    if (closed_.get()) {
      e.state_.store(timer_state::fired, relaxed);  // the owner's, who was not waiting yet
      return false;
    }
    e.queue_ = this;
    e.waiter_.set(waiter);
    e.deadline_.store(deadline, relaxed);         // the lock publishes it
    e.state_.store(timer_state::armed, relaxed);  // and this
    wheel_.ref().insert(e);
    armed_.add();
    return publish_earlier(start_of(tick_at_or_after(deadline)));
  }

  // Nothing is woken for this entry from here on, unless the wake is under way already. True: it had not fired.
  static bool disarm(entry& e) {
    if (e.armed()) {
      basic_timer_queue& queue = *e.queue_;
      const hold locked(queue.lock_);
      // Relaxed: changes of it come under this lock.
      if (e.state_.load(relaxed) == timer_state::armed) {
        queue.wheel_.ref().remove(e);
        queue.cancelled_.add();
        e.state_.store(timer_state::idle, relaxed);
        return true;
      }
    }
    e.state_.store(timer_state::idle, relaxed);  // the owner's: it fired, or was never armed
    return false;
  }

  // Calls wake(key) for each timer whose deadline is not after `now`; returns how many. Several threads may fire at
  // once: each timer goes to one of them.
  template <class Wake>
  std::size_t fire(instant_ns now, Wake&& wake) {
    std::array<Key, wakes_at_a_time> batch;
    std::size_t total = 0;
    // Relaxed: who arms something earlier wakes the sleeper, whose next look is ordered by that.
    bool more = next_.load(relaxed) <= now;
    while (more) {
      const auto taken = take_due(now, batch);
      for (std::size_t i = 0; i < taken.count; ++i) wake(batch[i]);
      total += taken.count;
      more = taken.more;
    }
    return total;
  }

  // Nobody will fire any more: whoever waits is woken, long before his deadline, and nothing is armed again.
  template <class Wake>
  void close(Wake&& wake) {
    {
      const hold locked(lock_);
      closed_.set(true);
    }
    (void)fire(never, wake);
  }

  // Until when a sleeper may sleep. seq_cst, like the store in publish_earlier(): of a sleeper that announces itself
  // and then reads this, and an arming thread that stores this and then looks for a sleeper, one sees the other.
  [[nodiscard]] instant_ns next_deadline() const { return next_.load(seq_cst); }

  // By how much timers that fired did so after their deadline.
  [[nodiscard]] const metrics::octave_histogram& lateness() const { return lateness_; }

  // visit(deadline, waiter) of so many armed timers at most, the earliest of them. Under the lock, so it is brief.
  template <class Visit>
  void for_some(std::size_t most, Visit visit) {
    const hold locked(lock_);
    wheel_.ref().for_some(most, [&](entry& e) { visit(e.deadline(), e.waiter_.get()); });
  }

  [[nodiscard]] timer_counts counts() const { return {armed_.read(), cancelled_.read(), fired_.read()}; }

 private:
  static constexpr std::size_t wakes_at_a_time = 64;

  // A timer that only moves away stays where it is linked; when that slot's time comes it is linked again. The usual
  // fate of a timeout is to be moved on and on, and this makes a move one store.
  static bool moved_later(entry& e, instant_ns deadline, Key waiter) {
    if (deadline < e.deadline() || !(e.waiter_.get() == waiter)) return false;
    // Relaxed: a firing thread that misses it fires early, which is a spurious poll that arms again.
    e.deadline_.store(deadline, relaxed);
    return true;
  }

  [[nodiscard]] typename basic_wheel<P, Key>::taken take_due(instant_ns now, std::span<Key> out) {
    const hold locked(lock_);
    const auto taken = wheel_.ref().take_due(now, out, [this](duration_ns late) { lateness_.record(late); });
    fired_.add(taken.count);
    // Relaxed: it only moves further away here, and who misses that looks once for nothing.
    next_.store(wheel_.ref().next_deadline(), relaxed);
    return taken;
  }

  [[nodiscard]] bool publish_earlier(instant_ns deadline) {
    // Relaxed: changes of it come under the lock.
    if (deadline >= next_.load(relaxed)) return false;
    next_.store(deadline, seq_cst);  // pairs with next_deadline()
    return true;
  }

  basic_spin_lock<P> lock_;
  typename P::template atomic<instant_ns> next_{never};
  typename P::template cell<basic_wheel<P, Key>> wheel_;  // under lock_, like the counters
  typename P::template cell<bool> closed_{false};         // the same
  metrics::counter armed_, cancelled_, fired_;
  metrics::octave_histogram lateness_;
};

class timer_queue final : public basic_timer_queue<real_policy, task::key> {
 public:
  using basic_timer_queue::basic_timer_queue;
};

}  // namespace tokiod::time
