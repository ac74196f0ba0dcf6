// Who holds a core. A thread takes it where nobody has it, leaves it when an order still says so, and loses it to a
// taker who has passed its guard, which it left open for plugin code or for sleep.
// Invariant: at most one thread holds it; the holder changes under the lock, and a holder that is not the caller only
//            while its guard is revoked. Who obeys an order, and who takes that back, agree on who came first.
// Threads:   take, leave, give_up [the thread that is or becomes the holder]; ordered [the holder]; everything else
//            [any], and what is called back runs under the lock, where the core is the caller's.
// Model:     tests/model/seat_model.cpp
#pragma once
#include <cstdint>

#include "base/assert.hpp"
#include "base/policy.hpp"
#include "base/spin_lock.hpp"

namespace tokiod::sched {

// What a worker does before its next poll.
inline constexpr std::uint32_t order_stop = 1;    // leave the core and end
inline constexpr std::uint32_t order_yield = 2;   // leave the core to another thread and end
inline constexpr std::uint32_t order_retire = 4;  // leave the core to nobody and end
inline constexpr std::uint32_t order_pause = 8;   // keep the core and wait: see pause_gate.hpp

// Thread: has `entry`, a guard.
template <class P, class Thread>
class basic_tenure {
 public:
  // ---- the holder. What was ordered of the one before does not concern the next.
  template <class Then>
  void take(Thread& on, Then then) {
    const hold exclusive(lock_);
    TOKIOD_ASSERT(holder_ == nullptr);
    holder_ = &on;
    orders_.fetch_and(~order_yield, relaxed);  // under the lock, by which whoever ordered it knew the holder
    then();
  }
  // Obeys. False: what was ordered was taken back meanwhile, or is only a pause.
  template <class Before>
  [[nodiscard]] bool leave(Before before) {
    const hold exclusive(lock_);
    if (!told_to_leave()) return false;  // taken back under the lock
    before();
    holder_ = nullptr;
    return true;
  }
  template <class Before>
  void give_up(Before before) {
    const hold exclusive(lock_);
    before();
    holder_ = nullptr;
  }

  // ---- orders. Who gives one wakes the holder, who may sleep, after that. Relaxed: the wake-up publishes it, and
  // whether it still holds is up to leave().
  void order(std::uint32_t what) { orders_.fetch_or(what, relaxed); }
  [[nodiscard]] bool ordered() const { return orders_.load(relaxed) != 0; }
  [[nodiscard]] bool told_to_leave() const { return (orders_.load(relaxed) & ~order_pause) != 0; }
  // True: nobody holds the core; who did obeyed before.
  [[nodiscard]] bool withdraw(std::uint32_t what) {
    const hold exclusive(lock_);
    orders_.fetch_and(~what, relaxed);  // as in take()
    return holder_ == nullptr;
  }

  // ---- [any]
  [[nodiscard]] bool is_held() const {
    const hold exclusive(lock_);
    return holder_ != nullptr;
  }
  [[nodiscard]] bool is_held_by(const Thread& on) const {
    const hold exclusive(lock_);
    return holder_ == &on;
  }
  // Null: nobody's.
  template <class Look>
  void with_holder(Look look) const {
    const hold exclusive(lock_);
    look(holder_);
  }

  // Runs `call` if nobody else touches the core at this moment. `self`: the caller's thread, if it is one.
  template <class Call>
  [[nodiscard]] bool try_inside(const Thread* self, Call call) {
    if (!lock_.try_lock()) return false;
    Thread* const holder = holder_;  // the call may change it
    const bool own = holder != nullptr && holder == self;
    const bool free = holder == nullptr || own || holder->entry.revoke();
    if (free) call();
    if (free && !own && holder != nullptr) holder->entry.restore();
    lock_.unlock();
    return free;
  }
  // The core is nobody's afterwards. False: it was already, or `may` (asked inside) says no, or not at this moment.
  // `last(holder)` is what is done to the thread and the core then.
  template <class May, class Last>
  [[nodiscard]] bool take_away(const Thread* self, May may, Last last) {
    bool taken = false;
    (void)try_inside(self, [&] {
      if (holder_ == nullptr || !may()) return;
      last(*holder_);
      holder_ = nullptr;
      taken = true;
    });
    return taken;
  }

  // For who passes the guard of a thread that has lost this core: one taker of a guard at a time.
  [[nodiscard]] typename P::mutex& lock() { return lock_; }

 private:
  typename P::template atomic<std::uint32_t> orders_{0};  // looked at before each poll
  mutable typename P::mutex lock_;
  Thread* holder_ = nullptr;
};

}  // namespace tokiod::sched
