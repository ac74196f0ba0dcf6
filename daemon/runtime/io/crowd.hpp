// Those who wait for one direction of a source beside its one poller: any number of them, all woken by the next event.
// Invariant: whoever has a seat is woken by the next event of the direction, because the word is marked as crowded (or
//            an event that took the mark away is about to look here). A seat is left by whoever took it, or emptied by
//            the event that wakes it; a seat that was emptied names nobody, however often its place is taken again.
// Threads:   [any].
// Model:     tests/model/readiness_model.cpp
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <vector>

#include "base/policy.hpp"
#include "base/spin_lock.hpp"
#include "runtime/io/interest.hpp"
#include "runtime/io/readiness.hpp"

namespace tokiod::io {

// Where somebody sits: the place and who of those that had it. Zero: nowhere.
using seat = std::uint64_t;

// Why nobody sits down.
enum class no_seat : std::uint8_t {
  gone,  // the tenant that was meant
  full,
};
inline constexpr std::uint32_t most_seats = 65'536;  // of one direction: they are charged to nobody

template <class P, class Key>
class basic_crowd {
 public:
  // A look at `half`, which is `tenant`'s; when there is nothing, `who` keeps a seat until an event or leave(). Throws
  // bad_alloc.
  std::expected<readiness, no_seat> wait(basic_readiness<P, Key>& half, std::uint32_t tenant, ready wanted, Key who,
                                         seat& at) {
    const hold locked(lock_);
    if (!sit(who, at)) return std::unexpected(no_seat::full);
    const auto seen = half.join(tenant, wanted);
    if (!seen || *seen) stand_up(at);
    if (!seen) return std::unexpected(no_seat::gone);
    return *seen;
  }

  void leave(seat& at) {
    if (at == 0) return;
    const hold locked(lock_);
    stand_up(at);
  }

  // Empties every seat and wakes who sat there; how many. Nothing is locked meanwhile.
  template <class Wake>
  std::uint32_t wake_all(Wake&& wake) {
    std::array<Key, at_once> few;
    std::vector<place> many;
    std::size_t n = 0;
    {
      const hold locked(lock_);
      free_ = 0;
      if (places_.size() > at_once) {
        many.swap(places_);
      } else {
        for (const place& one : places_)
          if (one.ticket != 0) few[n++] = one.who;
        places_.clear();
      }
    }
    for (const Key& who : std::span(few).first(n)) wake(who);
    for (const place& one : many)
      if (one.ticket != 0) wake(one.who), ++n;
    return static_cast<std::uint32_t>(n);
  }

 private:
  // Fewer than this are woken without giving the memory of the seats back.
  static constexpr std::size_t at_once = 16;

  struct place {
    Key who{};
    std::uint32_t ticket = 0;     // 0: the seat is free
    std::uint32_t next_free = 0;  // its index and one; 0: no other
  };

  [[nodiscard]] place* find(seat at) {
    const auto index = static_cast<std::uint32_t>(at);
    if (index == 0 || index > places_.size()) return nullptr;
    place& one = places_[index - 1];
    return one.ticket == at >> 32 ? &one : nullptr;
  }

  [[nodiscard]] bool sit(Key who, seat& at) {
    if (place* mine = find(at)) {
      mine->who = who;
      return true;
    }
    std::uint32_t index = free_;
    if (index == 0) {
      if (places_.size() == most_seats) return false;
      places_.emplace_back();
      index = static_cast<std::uint32_t>(places_.size());
    } else {
      free_ = places_[index - 1].next_free;
    }
    last_ticket_ = std::max(last_ticket_ + 1, 1U);  // wraps past 0
    places_[index - 1] = {who, last_ticket_, 0};
    at = seat{last_ticket_} << 32 | index;
    return true;
  }

  void stand_up(seat& at) {
    if (place* mine = find(at)) {
      *mine = {Key{}, 0, free_};
      free_ = static_cast<std::uint32_t>(at);
    }
    at = 0;
  }

  typename P::mutex lock_;  // guards what follows
  std::vector<place> places_;
  std::uint32_t free_ = 0;  // index and one of a free seat
  std::uint32_t last_ticket_ = 0;
};

}  // namespace tokiod::io
