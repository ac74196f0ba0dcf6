// Deadlines in levels of 64 slots, each level 64 times as coarse as the one below: insert and remove in constant time,
// whatever the number of timers. Pure: no clock, no lock, no system call.
//
// Time is counted in ticks of 2^14 ns (16.4 us), deadlines are rounded up to a tick. A timer is on the level of the
// highest base-64 digit in which its tick differs from `elapsed_`, in the slot of that digit. Nine levels hold every
// 64-bit nanosecond, so no deadline is too far and none wraps.
//
// Invariant: every linked timer is due (in `due_`) or its tick is greater than `elapsed_`; on a level, all occupied
// slots
//            are therefore ahead of elapsed_'s digit, and the first slot of the lowest level that is not empty is next.
//            A timer is never taken before its deadline. Time never goes back: an older `now` counts as the newest one.
// Threads:   under the queue's lock.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <utility>

#include "base/clock.hpp"
#include "runtime/time/level.hpp"
#include "runtime/time/timer_entry.hpp"

namespace tokiod::time {

inline constexpr unsigned tick_shift = 14;
inline constexpr duration_ns tick_ns = duration_ns{1} << tick_shift;

[[nodiscard]] constexpr std::uint64_t tick_at_or_after(instant_ns deadline) {
  return (deadline >> tick_shift) + ((deadline & (tick_ns - 1)) != 0 ? 1 : 0);
}
[[nodiscard]] constexpr instant_ns start_of(std::uint64_t tick) {
  return tick > (never >> tick_shift) ? never : tick << tick_shift;
}

// The latest moment within [deadline, deadline + slack] at which timers with similar slack meet: a multiple of the
// coarsest slot that is not longer than the slack.
[[nodiscard]] constexpr instant_ns coalesced(instant_ns deadline, duration_ns slack) {
  if (slack < tick_ns) return deadline;
  const auto digits = (static_cast<unsigned>(std::bit_width(slack)) - 1 - tick_shift) / level<void>::bits;
  const duration_ns step = duration_ns{1} << (tick_shift + digits * level<void>::bits);
  return deadline > never - step ? never : (deadline + step - 1) & ~(step - 1);
}

template <class P, class Key>
class basic_wheel {
 public:
  using entry = basic_timer_entry<P, Key>;

  explicit basic_wheel(instant_ns now) : elapsed_(now >> tick_shift) {}
  basic_wheel(const basic_wheel&) = delete;
  basic_wheel& operator=(const basic_wheel&) = delete;

  void insert(entry& e) {
    const std::uint64_t tick = tick_at_or_after(e.deadline());
    if (tick <= elapsed_) return link(e, due_, due_place);
    const unsigned digit = (static_cast<unsigned>(std::bit_width(tick ^ elapsed_)) - 1) / bits;
    const auto slot = static_cast<unsigned>(tick >> (digit * bits)) & (slots - 1);
    link(e, levels_[digit].head(slot), static_cast<std::uint16_t>(digit * slots + slot));
    levels_[digit].filled(slot);
    occupied_ |= 1U << digit;
  }

  void remove(entry& e) {
    *e.link_ = e.next_;
    if (e.next_ != nullptr) e.next_->link_ = e.link_;
    if (e.place_ == due_place) return;
    const unsigned digit = e.place_ / slots;
    levels_[digit].update(e.place_ % slots);
    if (levels_[digit].empty()) occupied_ &= ~(1U << digit);
  }

  struct taken {
    std::size_t count = 0;
    bool more = false;  // call again: the room or the patience for one call was used up
  };

  // Takes timers whose deadline is not after `now` and stores `fired` in each. `late` is told how late each is; not
  // when all are taken whatever their time.
  template <class Late>
  taken take_due(instant_ns now, std::span<Key> out, Late late) {
    // Rounded up, a deadline of `never` is a tick that no clock comes to; when all is to be taken it is due as well.
    const std::uint64_t now_tick = now == never ? UINT64_MAX : std::max(now >> tick_shift, elapsed_);
    taken got;
    for (int steps = 0; due_ != nullptr || open_next_slot(now_tick); ++steps) {
      if (got.count == out.size() || steps == steps_at_a_time) {
        got.more = true;
        break;
      }
      instant_ns deadline = 0;
      if (!take_first(now_tick, out[got.count], deadline)) continue;
      ++got.count;
      if (now != never) late(now > deadline ? now - deadline : 0);
    }
    return got;
  }

  // When take_due() has something to do next; may be early (a coarse slot has to be looked at), never late.
  [[nodiscard]] instant_ns next_deadline() {
    if (due_ != nullptr) return 0;
    if (occupied_ == 0) return never;
    const auto digit = static_cast<unsigned>(std::countr_zero(occupied_));
    const unsigned slot = levels_[digit].first();
    return start_of(digit == 0 ? slot_start(digit, slot) : earliest_in(digit, slot));
  }

  // visit(entry&) of so many at most: those that are due first, then slot by slot, each slot earlier than the next one
  // of its level, and each level than the next.
  template <class Visit>
  void for_some(std::size_t most, Visit visit) {
    const auto walk = [&](entry* e) {
      for (; e != nullptr && most > 0; e = e->next_, --most) visit(*e);
    };
    walk(due_);
    for (auto& one : levels_) {
      if (one.empty()) continue;
      for (unsigned slot = one.first(); slot < slots; ++slot) walk(one.head(slot));
    }
  }

 private:
  static constexpr unsigned bits = level<entry>::bits;
  static constexpr unsigned slots = level<entry>::slots;
  static constexpr unsigned levels = 9;
  static constexpr std::uint16_t due_place = UINT16_MAX;
  static constexpr int worth_scanning = 8;
  static constexpr int steps_at_a_time = 256;  // timers moved or taken under one hold of the lock: about 5 us
  static_assert(levels * bits >= 64 - tick_shift, "every deadline has a slot");

  void link(entry& e, entry*& head, std::uint16_t place) {
    e.next_ = head;
    e.link_ = &head;
    e.place_ = place;
    if (head != nullptr) head->link_ = &e.next_;
    head = &e;
  }

  // False: it was in a coarse slot, or was moved later meanwhile, and is linked again further on.
  bool take_first(std::uint64_t now_tick, Key& out, instant_ns& deadline) {
    entry& e = *due_;
    due_ = e.next_;
    if (due_ != nullptr) due_->link_ = &due_;
    deadline = e.deadline();
    if (tick_at_or_after(deadline) > now_tick) {
      insert(e);
      return false;
    }
    out = e.waiter_.get();
    e.state_.store(timer_state::fired, release);  // pairs with state(): the entry may be gone after this
    return true;
  }

  // Moves the next slot to `due_` if its time has come; else remembers how far time has come. The timers keep their
  // place_: removing one from `due_` then looks at a slot that it is not in, and leaves it as it is.
  bool open_next_slot(std::uint64_t now_tick) {
    const auto digit = static_cast<unsigned>(std::countr_zero(occupied_));
    if (occupied_ == 0 || slot_start(digit, levels_[digit].first()) > now_tick) {
      elapsed_ = now_tick;
      return false;
    }
    const unsigned slot = levels_[digit].first();
    elapsed_ = slot_start(digit, slot);
    due_ = std::exchange(levels_[digit].head(slot), nullptr);
    due_->link_ = &due_;
    levels_[digit].update(slot);
    if (levels_[digit].empty()) occupied_ &= ~(1U << digit);
    return true;
  }

  [[nodiscard]] std::uint64_t slot_start(unsigned digit, unsigned slot) const {
    const unsigned shift = digit * bits;
    const std::uint64_t above = (elapsed_ >> (shift + bits)) << (shift + bits);
    return above | (std::uint64_t{slot} << shift);
  }

  // The exact tick of a coarse slot with few timers: waking up early only to look costs more than looking now. Not past
  // the slot's end, though: timers that were moved later may be in it, and the next slot's come first then.
  [[nodiscard]] std::uint64_t earliest_in(unsigned digit, unsigned slot) {
    std::uint64_t earliest = slot_start(digit, slot) + (std::uint64_t{1} << (digit * bits));
    int seen = 0;
    for (entry* e = levels_[digit].head(slot); e != nullptr; e = e->next_) {
      if (++seen > worth_scanning) return slot_start(digit, slot);
      earliest = std::min(earliest, tick_at_or_after(e->deadline()));
    }
    return earliest;
  }

  std::uint64_t elapsed_;       // ticks whose timers have been taken
  std::uint32_t occupied_ = 0;  // levels that are not empty
  entry* due_ = nullptr;        // their time has come, and they wait to be taken
  std::array<level<entry>, levels> levels_;
};

}  // namespace tokiod::time
