// Records of one kind while somebody listens: memory of a fixed size, in sets of a few records, one lock for each.
// Invariant: a record lies in the set that its id says. Who may leave something out, and finds a set locked for longer
//            than a copy of a record takes, or full of what lives, writes nothing and counts that; so does who needs
//            the place of one that ended. What must be right waits for a copy.
// Threads:   [any].
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/cache_line.hpp"
#include "base/clock.hpp"
#include "base/policy.hpp"
#include "base/spin_lock.hpp"

namespace tokiod::host::trace {

// Record has `id` (0: free), `dropped` (0: it lives) and `changed`, and is a plain value.
template <class Record>
class record_sets {
 public:
  explicit record_sets(std::size_t records)  // rounded up to whole sets
      : set_count_(std::max<std::size_t>(1, (records + per_set - 1) / per_set)),
        sets_(std::make_unique<set[]>(set_count_)) {}

  // ---- by whoever writes
  // `fill` is given a record that is all zeroes but for the id. False: there is none, and that is counted. An id that
  // has a record already keeps it.
  template <class Fill>
  bool begin(std::uint64_t id, Fill fill) {
    set& in = set_of(id);
    if (!try_lock(in)) return false;
    const bool known = in.of(id) != nullptr;
    Record* const room = known ? nullptr : in.room();
    if (room != nullptr) {
      count_dropped(room->id != 0);
      *room = {};
      room->id = id;
      fill(*room);
      room->changed = steady_clock().now();
    }
    count_dropped(room == nullptr && !known);
    in.lock.unlock();
    return room != nullptr || known;
  }
  // What may be left out when the set is locked for long. False: there is no record.
  template <class Change>
  bool change(std::uint64_t id, Change change) {
    set& in = set_of(id);
    if (!try_lock(in)) return true;
    const bool found = changed(in, id, change);
    in.lock.unlock();
    return found;
  }
  template <class Change>
  bool must_change(std::uint64_t id, Change change) {
    set& in = set_of(id);
    const hold lock(in.lock);
    return changed(in, id, change);
  }
  // Every record that `which` is true for. For what happens seldom: it goes through all sets.
  template <class Which, class Change>
  void change_all(Which which, Change change) {
    for (std::size_t s = 0; s < set_count_; ++s) {
      const hold lock(sets_[s].lock);
      for (Record& each : sets_[s].rows)
        if (each.id != 0 && which(each)) write(each, change);
    }
  }
  void forget(std::uint64_t id) {
    set& in = set_of(id);
    const hold lock(in.lock);
    if (Record* const found = in.of(id)) *found = Record{};
  }

  // ---- by observers
  [[nodiscard]] std::optional<Record> find(std::uint64_t id) const {
    set& in = set_of(id);
    const hold lock(in.lock);
    const Record* const found = in.of(id);
    return found != nullptr && id != 0 ? std::optional(*found) : std::nullopt;
  }
  [[nodiscard]] bool knows(std::uint64_t id) const {
    set& in = set_of(id);
    const hold lock(in.lock);
    return id != 0 && in.of(id) != nullptr;
  }
  // Those that `wanted` is true for; by id. One record at a time, so that no lock is held while the list grows.
  template <class Wanted>
  [[nodiscard]] std::vector<Record> select(Wanted wanted) const {
    std::vector<Record> found;
    for (std::size_t s = 0; s < set_count_; ++s) {
      for (const Record& each : sets_[s].rows) {
        std::optional<Record> copy;
        {
          const hold lock(sets_[s].lock);
          if (each.id != 0 && wanted(each)) copy = each;
        }
        if (copy) found.push_back(*copy);
      }
    }
    std::ranges::sort(found, {}, &Record::id);
    return found;
  }
  // A watched record stays, however old it is; also one that is not begun yet. As many ends as beginnings.
  void watch(std::uint64_t id, bool on) {
    set& in = set_of(id);
    const hold lock(in.lock);
    auto found = std::ranges::find(in.kept, id, &watched::id);
    if (found == in.kept.end() && on) found = std::ranges::find(in.kept, std::uint64_t{0}, &watched::id);
    if (found == in.kept.end()) {
      count_dropped(on);
      return;
    }
    found->id = id;
    found->by += on ? 1 : 0;
    if (!on && --found->by == 0) *found = {};
  }
  void forget_ended_before(instant_ns time) {
    for (std::size_t s = 0; s < set_count_; ++s) {
      set& in = sets_[s];
      const hold lock(in.lock);
      for (Record& each : in.rows)
        if (in.may_go(each) && each.dropped < time) each = {};
    }
  }
  void clear() {
    for (std::size_t s = 0; s < set_count_; ++s) {
      const hold lock(sets_[s].lock);
      sets_[s].rows = {};
      sets_[s].kept = {};
    }
  }
  [[nodiscard]] std::size_t capacity() const { return set_count_ * per_set; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(relaxed); }

 private:
  static constexpr std::size_t per_set = 8;
  struct watched {
    std::uint64_t id = 0;
    std::uint32_t by = 0;
  };
  struct alignas(cache_line) set {
    mutable spin_lock lock;
    std::array<Record, per_set> rows;
    std::array<watched, per_set> kept;  // more are not kept

    [[nodiscard]] Record* of(std::uint64_t id) {
      const auto found = std::ranges::find(rows, id, &Record::id);
      return found == rows.end() ? nullptr : &*found;
    }
    // It has ended, and nobody watches it.
    [[nodiscard]] bool may_go(const Record& each) const {
      return each.dropped != 0 && std::ranges::none_of(kept, [&](const watched& one) { return one.id == each.id; });
    }
    // A free record, else that of what ended first.
    [[nodiscard]] Record* room() {
      Record* oldest = nullptr;
      for (Record& each : rows) {
        if (each.id == 0) return &each;
        if (may_go(each) && (oldest == nullptr || each.dropped < oldest->dropped)) oldest = &each;
      }
      return oldest;
    }
  };

  [[nodiscard]] set& set_of(std::uint64_t id) const { return sets_[id % set_count_]; }
  void count_dropped(bool one) {
    if (one) dropped_.fetch_add(1, relaxed);
  }
  // An observer copies one record under the lock. Who holds it for longer was descheduled.
  [[nodiscard]] bool try_lock(set& in) {
    constexpr int tries = 64;
    for (int i = 0; i < tries; ++i) {
      if (in.lock.try_lock()) return true;
      real_policy::spin();
    }
    count_dropped(true);
    return false;
  }
  // [under the lock] The time is that of the writing, so that whoever copies the records misses none.
  template <class Change>
  static void write(Record& to, Change& change) {
    change(to);
    to.changed = steady_clock().now();
  }
  template <class Change>
  static bool changed(set& in, std::uint64_t id, Change& change) {
    Record* const found = id == 0 ? nullptr : in.of(id);
    if (found != nullptr) write(*found, change);
    return found != nullptr;
  }

  const std::size_t set_count_;
  const std::unique_ptr<set[]> sets_;
  // No model: a sum, relaxed, nothing else is published.
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace tokiod::host::trace
