// The wheel against an ordered map, and at the edges of its arithmetic.
#include "runtime/time/wheel.hpp"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "runtime/time/timer_queue.hpp"

namespace {

using namespace tokiod;
using namespace tokiod::time;

// A timer queue next to the obvious implementation. Keys carry the timer's number.
class both {
 public:
  explicit both(instant_ns start, std::size_t timers) : now_(start), queue_(start) {
    for (std::size_t i = 0; i < timers; ++i) entries_.push_back(std::make_unique<timer_entry>());
    where_.resize(timers);
  }
  ~both() {
    for (auto& e : entries_) timer_queue::disarm(*e);
  }

  void arm(std::size_t i, instant_ns deadline) {
    forget(i);
    (void)queue_.arm(*entries_[i], deadline, {nullptr, i + 1});
    where_[i] = expected_.emplace(deadline, i);
  }
  void disarm(std::size_t i) {
    CHECK(timer_queue::disarm(*entries_[i]) == where_[i].has_value());
    forget(i);
  }
  // Everything due at the new time fires, nothing before its deadline, nothing twice.
  void advance_to(instant_ns now) {
    now_ = now;
    CHECK(queue_.next_deadline() <= earliest_tick());
    std::multiset<std::size_t> fired;
    (void)queue_.fire(now, [&](task::key k) { fired.insert(k.generation - 1); });
    for (const std::size_t i : fired) {
      REQUIRE(where_[i].has_value());
      REQUIRE((*where_[i])->first <= now);
      CHECK(entries_[i]->state() == timer_state::fired);
      forget(i);
    }
    CHECK(earliest_tick() > now);
    CHECK(queue_.next_deadline() > now);
    CHECK(queue_.next_deadline() <= earliest_tick());
  }
  [[nodiscard]] instant_ns now() const { return now_; }
  [[nodiscard]] instant_ns next() const { return queue_.next_deadline(); }
  [[nodiscard]] std::size_t armed() const { return expected_.size(); }
  [[nodiscard]] std::uint64_t live() const { return queue_.counts().live(); }

 private:
  using map = std::multimap<instant_ns, std::size_t>;

  void forget(std::size_t i) {
    if (where_[i]) expected_.erase(*where_[i]);
    where_[i].reset();
  }
  [[nodiscard]] instant_ns earliest_tick() const {
    return expected_.empty() ? never : start_of(tick_at_or_after(expected_.begin()->first));
  }

  instant_ns now_;
  timer_queue queue_;
  std::vector<std::unique_ptr<timer_entry>> entries_;
  map expected_;
  std::vector<std::optional<map::iterator>> where_;
};

// A distance of any magnitude: a random number of random bits.
duration_ns any_distance(std::mt19937_64& random) { return random() >> (random() % 64); }

void random_walk(std::uint64_t seed, instant_ns start, int steps) {
  std::mt19937_64 random(seed);
  both timers(start, 50);
  for (int i = 0; i < steps; ++i) {
    const std::size_t which = random() % 50;
    const duration_ns distance = any_distance(random);
    const instant_ns later = timers.now() > never - distance ? never : timers.now() + distance;
    switch (random() % 4) {
      case 0:
      case 1: timers.arm(which, random() % 16 == 0 ? timers.now() - random() % 1000 : later); break;
      case 2: timers.disarm(which); break;
      case 3: {
        // Up to here, or exactly to where something happens, or one short of it.
        const instant_ns next = timers.next();
        const bool to_next = random() % 2 == 0 && next != never && next > timers.now();
        const instant_ns target = to_next ? next - random() % 2 : timers.now() + (distance >> 16);
        if (target >= timers.now() && target < never / 2) timers.advance_to(target);
        break;
      }
    }
    REQUIRE(timers.live() == timers.armed());
  }
}

}  // namespace

TEST_CASE("the queue agrees with an ordered map over random operations") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    random_walk(seed, 1 + seed * 977 * second, 1500);
  }
}

TEST_CASE("[TM-04] a timer at every edge of a level fires there, not before") {
  for (unsigned digit = 1; digit <= 7; ++digit) {
    for (const std::int64_t around : {-1, 0, 1}) {
      const instant_ns edge = start_of(std::uint64_t{1} << (6 * digit));
      const instant_ns deadline = edge + static_cast<std::uint64_t>(around);
      both timers(5, 1);
      timers.arm(0, deadline);
      timers.advance_to(start_of(tick_at_or_after(deadline)) - 1);
      CHECK(timers.armed() == 1);
      timers.advance_to(start_of(tick_at_or_after(deadline)));
      CHECK(timers.armed() == 0);
    }
  }
}

TEST_CASE("[TM-04] one jump over many levels fires everything on the way") {
  both timers(1, 9);
  instant_ns deadline = 3 * millisecond;
  for (std::size_t i = 0; i < 9; ++i, deadline *= 40) timers.arm(i, deadline);
  timers.advance_to(deadline);
  CHECK(timers.armed() == 0);
  CHECK(timers.next() == never);
}

TEST_CASE("[TM-04] deadlines days, centuries and for ever away are kept") {
  const instant_ns day = 24 * 3600 * second;
  both timers(1, 5);
  timers.arm(0, 13 * day);
  timers.arm(1, instant_ns{1} << 63);
  timers.arm(2, never - 1);
  timers.arm(3, never);
  timers.arm(4, 800 * day);
  timers.advance_to(13 * day - millisecond);
  CHECK(timers.armed() == 5);
  timers.advance_to(13 * day + millisecond);
  CHECK(timers.armed() == 4);
  timers.advance_to(801 * day);
  CHECK(timers.armed() == 3);
  timers.advance_to((instant_ns{1} << 63) + millisecond);
  CHECK(timers.armed() == 2);
}

TEST_CASE("a timer in the past is due at once") {
  both timers(second, 2);
  timers.arm(0, 1);
  timers.arm(1, second);
  CHECK(timers.next() <= second);
  timers.advance_to(second + tick_ns);
  CHECK(timers.armed() == 0);
}

TEST_CASE("slack moves deadlines to common moments and never past its length") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 10000; ++i) {
    const instant_ns deadline = any_distance(random);
    const duration_ns slack = any_distance(random);
    const instant_ns moved = coalesced(deadline, slack);
    REQUIRE(moved >= deadline);
    REQUIRE((moved == never || moved - deadline <= slack));
  }
  CHECK(coalesced(second, 0) == second);
  std::set<instant_ns> moments;
  for (instant_ns t = second; t < second + 10 * millisecond; t += 100 * microsecond)
    moments.insert(coalesced(t, 100 * millisecond));
  CHECK(moments.size() <= 2);  // of a hundred: the slot is 67 ms
}
