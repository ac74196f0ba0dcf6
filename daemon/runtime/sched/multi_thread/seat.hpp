// A core with the threads that hold it, held it or wait for it: how one gives way to the next when threads are rotated,
// when a poll does not end, and when there are to be more or fewer workers.
// Invariant: a thread sits down where the core is vacant, which is said once by whoever left it or took it away; so at
//            most one thread holds the core, and one that waits is not forgotten. One in `leaving` was told to go, or
//            has lost the core; nobody sits where the core is retired. A thread that is back from the poll in which it
//            lost the core is the spare for the next takeover, if there is none yet; rotation leaves no thread that has
//            run anything before, also not a spare.
// Threads:   sit, stand, wait_as_spare [the thread that is to hold the core]; take_over [the monitor]; everything else
//            [whoever changes the workers, one at a time]. The lists are under the mutex of all seats, which is never
//            held while a thread is waited for.
// Model:     tests/model/seat_model.cpp
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/spin_lock.hpp"
#include "runtime/sched/tenure.hpp"

namespace tokiod::sched::multi_thread {

// Of a thread that holds a core, or waits to hold it.
template <class P>
struct basic_occupant {
  typename P::event seated;                      // it holds the core
  typename P::template atomic<bool> sat{false};  // the same, or it held it
  // Of a spare.
  typename P::event called;                       // it waits no more
  typename P::template cell<bool> needed{false};  // it sits down again; else it ends. Published by `called`
};

// Core: `tenure`, give_order(). Occupant: a basic_occupant that has `self`, which holds the core; without_core(): it
// lost the core, and has not come back from its poll; and end_by(deadline), which waits for its end.
template <class P, class Core, class Occupant>
class basic_seat {
 public:
  using person = std::shared_ptr<Occupant>;
  using people = std::vector<person>;

  // Threads that lost their core and have not come back from their poll: more of them than this, and something is so
  // wrong that more threads do not help.
  static constexpr std::size_t left_behind_max = 64;

  basic_seat(Core& its, typename P::mutex& seats) : of(its), mutex_(seats) { vacant_.set(); }

  // ---- the thread. `take` makes it the holder.
  template <class Take>
  void sit(Occupant& who, Take take) {
    vacant_.wait();
    take();
    who.sat.store(true, relaxed);  // who sees it asks about the core next, under the lock that was passed here
    who.seated.set();
  }
  // It has left the core. One that lost it says nothing: whoever took it has.
  void stand() { vacant_.set(); }
  // It has lost the core and is back from its poll. True: it is needed at the next takeover, and sits down. False: it
  // ends.
  [[nodiscard]] bool wait_as_spare(Occupant& who) {
    {
      const hold lock(mutex_);
      const auto me = std::ranges::find(leaving_, &who, [](const person& one) { return one.get(); });
      if (!wants_spares_ || retiring_ || spare_ != nullptr || me == leaving_.end()) return false;
      spare_ = std::move(*me);
      leaving_.erase(me);
    }
    who.called.wait();
    return who.needed.get();
  }

  // ---- rotation. `make` starts a thread that sits here: result<person>.
  [[nodiscard]] bool is_taken() const {
    const hold lock(mutex_);
    return sitting_ != nullptr;
  }
  // Somebody waits until the core is vacant, and whoever holds it is among those who leave. Nothing is ordered where
  // somebody waited already: who is to go knows that, and after a takeover the successor may sit down at this moment,
  // who would obey and leave the core to nobody. Where that is a spare it is old, and replaced as soon as it sits.
  template <class Make>
  [[nodiscard]] result<void> replace(Make make) {
    while (spare_sits_down()) P::yield();
    const hold lock(mutex_);
    wants_spares_ = false;
    dismiss_spare();
    if (sitting_ == nullptr || successor_waits()) return {};
    if (auto ready = prepare(make); !ready) return ready;
    seat_who_waits();
    of.give_order(order_yield);
    return {};
  }
  // All who were told to go have ended, or all but those who lost the core. They are waited for without the lock, and
  // nobody else waits for them meanwhile.
  [[nodiscard]] bool vacated(instant_ns deadline, bool also_without_core = true) {
    people left;
    {
      const hold lock(mutex_);
      left.swap(leaving_);
    }
    std::erase_if(left, [&](const person& one) {
      const bool wait = also_without_core || !one->without_core();
      return one->end_by(wait ? deadline : 0);
    });
    const hold lock(mutex_);
    leaving_.insert(leaving_.end(), left.begin(), left.end());
    wants_spares_ = wants_spares_ || left.empty();
    return left.empty();
  }

  // ---- takeover. `take` takes the core from its holder, if that is still in the poll that does not end.
  template <class Make, class Take>
  [[nodiscard]] bool take_over(Make make, Take take) {
    const hold lock(mutex_);
    if (sitting_ == nullptr || retiring_ || too_many_left_behind()) return false;
    const bool waits = successor_waits();
    if (!waits && spare_ == nullptr && !prepare(make)) return false;
    if (!take()) return false;  // whoever waits does so for the next time
    if (!waits && waiting_ == nullptr) call_spare();
    if (!waits) seat_who_waits();
    vacant_.set();
    return true;
  }

  // ---- more or fewer
  // Waits until who held it last has gone; then nobody can sit down before open().
  void reserve() { vacant_.wait(); }
  void open() { vacant_.set(); }
  void assign(person first) {
    const hold lock(mutex_);
    sitting_ = std::move(first);
    retiring_ = false;
  }
  // Whoever was started for a takeover that came too late may have taken the core meanwhile: then it is who sits there.
  void allow_seating(bool allowed) {
    const hold lock(mutex_);
    if (allowed && waiting_ != nullptr && has_sat(sitting_) && successor_waits()) seat_who_waits();
    retiring_ = !allowed;
  }
  // Nobody holds the core, and nobody who was started for it has still to come.
  [[nodiscard]] bool is_left() const {
    const hold lock(mutex_);
    return has_sat(sitting_) && has_sat(waiting_) && std::ranges::all_of(leaving_, has_sat) && !of.tenure.is_held();
  }
  template <class Take>
  void take_away(Take take) {
    const hold lock(mutex_);
    if (!too_many_left_behind() && take()) vacant_.set();
  }
  // Nobody sits here any more.
  void dismiss() {
    const hold lock(mutex_);
    dismiss_spare();
    for (auto* const who : {&sitting_, &waiting_})
      if (*who != nullptr) leaving_.push_back(std::exchange(*who, nullptr));
  }

  // ---- the end: nobody is taken over any more
  template <class EndBy>
  [[nodiscard]] bool end(EndBy end_by) {
    people left = all_for_the_end();
    std::erase_if(left, end_by);
    const hold lock(mutex_);
    leaving_ = std::move(left);
    return leaving_.empty();
  }
  [[nodiscard]] Occupant& first() const { return *sitting_; }

  Core& of;

 private:
  [[nodiscard]] static bool has_sat(const person& one) { return one == nullptr || one->sat.load(relaxed); }
  [[nodiscard]] bool successor_waits() const { return !of.tenure.is_held_by(sitting_->self); }
  template <class Make>
  [[nodiscard]] result<void> prepare(Make& make) {
    if (waiting_ != nullptr) return {};
    auto next = make();
    if (!next) return std::unexpected(next.error());
    waiting_ = std::move(*next);
    return {};
  }
  // A spare was called to a takeover, and has still to come.
  [[nodiscard]] bool spare_sits_down() const {
    const hold lock(mutex_);
    return sitting_ != nullptr && sitting_->needed.get() && !has_sat(sitting_);
  }
  void call_spare() {
    spare_->sat.store(false, relaxed);
    spare_->needed.set(true);
    waiting_ = std::exchange(spare_, nullptr);
    waiting_->called.set();
  }
  void dismiss_spare() {
    if (spare_ == nullptr) return;
    spare_->needed.set(false);
    spare_->called.set();
    leaving_.push_back(std::exchange(spare_, nullptr));
  }
  [[nodiscard]] people all_for_the_end() {
    const hold lock(mutex_);
    wants_spares_ = false;  // who comes back now ends
    dismiss_spare();
    people all = std::exchange(leaving_, {});
    for (const person& who : {sitting_, waiting_})
      if (who != nullptr) all.push_back(who);
    return all;
  }
  void seat_who_waits() { leaving_.push_back(std::exchange(sitting_, std::exchange(waiting_, nullptr))); }
  [[nodiscard]] bool too_many_left_behind() {
    std::erase_if(leaving_, [](const person& one) { return one->end_by(0); });  // came back from their polls
    return leaving_.size() >= left_behind_max;
  }

  typename P::mutex& mutex_;  // of all seats
  typename P::event vacant_;  // nobody holds the core; taken by the next holder
  person sitting_;            // holds the core, or will once it is vacant; null: retired
  person waiting_;            // started for a takeover that came too late: for the next one
  person spare_;              // back from the poll in which it lost the core; waits to be called
  people leaving_;            // were told to go, or lost the core, and have not ended yet
  bool retiring_ = false;     // nobody new may sit down
  bool wants_spares_ = true;  // not while threads are rotated, nor at the end
};

}  // namespace tokiod::sched::multi_thread
