// The queue's own promises: who is woken, what arm() and disarm() say, moving timers, firing from several threads.
#include "runtime/time/timer_queue.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace {

using namespace tokiod;
using namespace tokiod::time;

task::key waiter(std::uint64_t n) { return {reinterpret_cast<task::header*>(n * 64), n}; }

std::vector<std::uint64_t> fire(timer_queue& q, instant_ns now) {
  std::vector<std::uint64_t> woken;
  const std::size_t n = q.fire(now, [&](task::key k) { woken.push_back(k.generation); });
  CHECK(n == woken.size());
  return woken;
}

}  // namespace

TEST_CASE("arm says whether the sleeper has to look earlier") {
  timer_queue q(0);
  timer_entry a, b, c;
  CHECK(q.arm(a, 10 * second, waiter(1)));
  CHECK_FALSE(q.arm(b, 20 * second, waiter(2)));
  CHECK(q.arm(c, second, waiter(3)));
  CHECK(q.next_deadline() == start_of(tick_at_or_after(second)));
  for (timer_entry* e : {&a, &b, &c}) CHECK(timer_queue::disarm(*e));
}

TEST_CASE("a disarmed timer is not woken, and disarm of a fired one says so") {
  timer_queue q(0);
  timer_entry a, b;
  (void)q.arm(a, second, waiter(1));
  (void)q.arm(b, second, waiter(2));
  CHECK(timer_queue::disarm(a));
  CHECK(fire(q, 2 * second) == std::vector<std::uint64_t>{2});
  CHECK_FALSE(timer_queue::disarm(b));
  CHECK_FALSE(timer_queue::disarm(a));
  CHECK(q.next_deadline() == never);
}

TEST_CASE("moving a timer later does not fire it at the old time") {
  timer_queue q(0);
  timer_entry a;
  (void)q.arm(a, second, waiter(1));
  CHECK_FALSE(q.arm(a, 3 * second, waiter(1)));
  CHECK(fire(q, 2 * second).empty());
  CHECK(a.armed());
  CHECK(fire(q, 3 * second + tick_ns) == std::vector<std::uint64_t>{1});
  CHECK(q.counts().armed == 1);
}

TEST_CASE("moving a timer earlier fires it at the new time, once") {
  timer_queue q(0);
  timer_entry a;
  (void)q.arm(a, 10 * second, waiter(1));
  CHECK(q.arm(a, second, waiter(1)));
  CHECK(fire(q, 2 * second) == std::vector<std::uint64_t>{1});
  CHECK(fire(q, 20 * second).empty());
}

TEST_CASE("a newer waiter replaces the older one") {
  timer_queue q(0);
  timer_entry a;
  (void)q.arm(a, second, waiter(1));
  (void)q.arm(a, second, waiter(2));
  CHECK(fire(q, 2 * second) == std::vector<std::uint64_t>{2});
}

TEST_CASE("an armed timer moves from one queue to another") {
  timer_queue q(0), other(0);
  timer_entry a;
  (void)q.arm(a, second, waiter(1));
  (void)other.arm(a, second, waiter(1));
  CHECK(fire(q, 2 * second).empty());
  CHECK(fire(other, 2 * second) == std::vector<std::uint64_t>{1});
}

TEST_CASE("a fired timer can be armed again, also from the wake of its own firing") {
  timer_queue q(0);
  timer_entry a;
  (void)q.arm(a, second, waiter(1));
  int rearmed = 0;
  (void)q.fire(2 * second, [&](task::key) {
    ++rearmed;
    (void)q.arm(a, 5 * second, waiter(1));
  });
  CHECK(rearmed == 1);
  CHECK(fire(q, 6 * second) == std::vector<std::uint64_t>{1});
}

TEST_CASE("[TM-04] a timer freed by another's wake in the same batch is not touched again") {
  timer_queue q(0);
  auto a = std::make_unique<timer_entry>();
  auto b = std::make_unique<timer_entry>();
  (void)q.arm(*a, second, waiter(1));
  (void)q.arm(*b, second, waiter(2));
  const std::size_t woken = q.fire(2 * second, [&](task::key) {
    for (auto* e : {&a, &b})
      if (*e) {
        timer_queue::disarm(**e);
        e->reset();
      }
  });
  CHECK(woken == 2);
}

TEST_CASE("thousands of timers at one moment all fire, and the counts add up") {
  timer_queue q(0);
  std::vector<timer_entry> many(5000);
  for (std::size_t i = 0; i < many.size(); ++i) (void)q.arm(many[i], second, waiter(i + 1));
  for (std::size_t i = 0; i < 1000; ++i) CHECK(timer_queue::disarm(many[i]));
  CHECK(q.counts().live() == 4000);
  CHECK(fire(q, 2 * second).size() == 4000);
  CHECK(q.counts().live() == 0);
  CHECK(q.counts().fired == 4000);
  CHECK(q.counts().cancelled == 1000);
}

TEST_CASE("two threads fire and two threads arm and disarm: nothing is woken twice, nothing is lost") {
  timer_queue q(0);
  std::atomic<instant_ns> now{1};
  std::atomic<bool> done{false};
  constexpr std::size_t rounds = 1000;
  std::vector<std::atomic<int>> woken(2 * rounds);
  const auto fires = [&] {
    while (!done.load()) {
      (void)q.fire(now.load(), [&](task::key k) { woken[k.generation - 1].fetch_add(1); });
      std::this_thread::yield();
    }
  };
  const auto arms = [&](std::size_t base) {
    for (std::size_t i = 0; i < rounds; ++i) {
      timer_entry e;
      (void)q.arm(e, now.load() + (i % 4) * tick_ns, waiter(base + i + 1));
      now.fetch_add(tick_ns / 2);
      if (i % 3 == 0) {
        while (e.armed()) {
          now.fetch_add(tick_ns / 2);
          std::this_thread::yield();
        }
      }
      if (timer_queue::disarm(e)) woken[base + i].fetch_add(1);
    }
  };
  std::thread f1(fires), f2(fires), a1(arms, std::size_t{0}), a2(arms, rounds);
  a1.join();
  a2.join();
  done = true;
  f1.join();
  f2.join();
  for (auto& n : woken) REQUIRE(n.load() == 1);
  CHECK(q.counts().live() == 0);
}

TEST_CASE("how late timers fire is kept, but not of those that are taken whatever their time") {
  timer_queue q(0);
  timer_entry a, b, c;
  (void)q.arm(a, second, waiter(1));
  (void)q.arm(b, 2 * second, waiter(2));
  (void)q.arm(c, 3600 * second, waiter(3));
  CHECK(fire(q, second + 10 * millisecond).size() == 1);
  CHECK(fire(q, 2 * second + 100 * millisecond).size() == 1);
  q.close([](task::key) {});
  const auto seen = q.lateness().read();
  CHECK(seen.total() == 2);
  CHECK(seen.sum == 110 * millisecond);
  CHECK(seen.quantile(1) > 50 * millisecond);
}

TEST_CASE("a look gives the earliest timers, as many as are asked for, and leaves all of them armed") {
  timer_queue q(0);
  std::vector<std::unique_ptr<timer_entry>> all;
  for (std::uint64_t n = 1; n <= 200; ++n) {
    all.push_back(std::make_unique<timer_entry>());
    (void)q.arm(*all.back(), (201 - n) * 100 * millisecond, waiter(201 - n));
  }
  std::vector<std::uint64_t> seen;
  q.for_some(200, [&](instant_ns deadline, task::key who) {
    CHECK(deadline == who.generation * 100 * millisecond);
    seen.push_back(who.generation);
  });
  CHECK(seen.size() == 200);
  seen.clear();
  q.for_some(5, [&](instant_ns, task::key who) { seen.push_back(who.generation); });
  REQUIRE(seen.size() == 5);
  for (const auto n : seen) CHECK(n <= 64);  // of the first slots; within a slot in any order
  CHECK(fire(q, 21 * second).size() == 200);
  q.for_some(5, [&](instant_ns, task::key) { FAIL("nothing is armed"); });
}
