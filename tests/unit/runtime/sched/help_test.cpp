#include "runtime/sched/help.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <vector>

#include "tasks.hpp"

using namespace tokiod;
using namespace tokiod::test;
using sched::help;
using task::poll_result;

namespace {
// One stretch after the other; a poll takes each of the workers as long, of those awake who have work.
struct stretches {
  static constexpr duration_ns whole = 200 * microsecond;
  help of;
  instant_ns now = second;
  std::uint64_t polls = 0;

  void alone(duration_ns poll, int times = 1) {
    for (; times != 0; --times) {
      polls += whole / poll;
      of.learn_alone(poll, now += whole);
    }
  }
  void helped(duration_ns poll, std::uint32_t awake, int times = 1) { helped_by(awake, poll, awake, times); }
  void helped_by(std::uint32_t working, duration_ns poll, std::uint32_t awake, int times) {
    for (; times != 0; --times) {
      polls += working * whole / poll;
      of.learn_helped(poll, whole, awake, now += whole, [&] { return polls; });
    }
  }
  bool unwanted() const { return of.is_unwanted(now); }
  duration_ns price(duration_ns mean) const { return of.price_of_poll(mean, now); }
};
}  // namespace

TEST_CASE("a poll is priced by what it takes alone, not by what it takes beside others") {
  stretches seen;
  CHECK(seen.price(500) == 500);  // nothing is known
  seen.alone(60);
  CHECK(seen.price(500) == 60);
  CHECK(seen.price(40) == 40);
  seen.helped(500, 2, 3);
  CHECK(seen.price(500) == 60);
  seen.now += help::counts_for;
  CHECK(seen.price(500) == 500);
}

TEST_CASE("help that makes all polls together slower is unwanted, for a time") {
  stretches seen;
  seen.alone(60);
  seen.helped(100, 2);  // 50 for the two of them
  CHECK_FALSE(seen.unwanted());
  seen.helped(500, 2, 4);
  CHECK(seen.unwanted());
  seen.alone(60);
  CHECK(seen.unwanted());  // which is no reason to try again at once
  seen.now += help::counts_for;
  CHECK_FALSE(seen.unwanted());
  seen.alone(60);
  seen.helped(500, 2, 3);
  CHECK(seen.unwanted());
}

TEST_CASE("one window in which a thread had no processor is no harm") {
  stretches seen;
  seen.alone(60);
  seen.helped(100, 2, 3);
  seen.now += millisecond;
  seen.helped(100, 2);
  CHECK_FALSE(seen.unwanted());
  seen.helped(100, 2);
  CHECK_FALSE(seen.unwanted());
}

TEST_CASE("a pause between two stretches with help is no harm") {
  stretches seen;
  seen.alone(60);
  for (int i = 0; i < 20; ++i) {
    seen.helped(60, 2, 2);
    seen.now += 5 * millisecond;
    seen.of.forget_stretch();
    seen.alone(60);
  }
  seen.helped(60, 2, 3);
  CHECK_FALSE(seen.unwanted());
}

TEST_CASE("eight workers that take four times as long for a poll do help") {
  stretches seen;
  seen.alone(60);
  seen.helped(240, 8, 10);
  CHECK_FALSE(seen.unwanted());
}

TEST_CASE("polls that became longer by themselves are found to be so as soon as the core is alone") {
  stretches seen;
  seen.alone(60, 10);
  seen.helped(1000, 2, 10);
  CHECK(seen.unwanted());
  seen.alone(1000, 5);
  CHECK_FALSE(seen.unwanted());
  CHECK(seen.price(1000) > 500);
}

TEST_CASE("a helper that is awake and finds nothing does not count as one") {
  stretches seen;
  seen.alone(60);
  seen.helped_by(1, 120, 2, 4);
  CHECK(seen.unwanted());
}

TEST_CASE("polls that became long while others are awake for reasons of their own get help at once") {
  stretches seen;
  seen.alone(60);
  seen.helped(help::fine + 1, 64, 5);
  CHECK_FALSE(seen.unwanted());
  CHECK(seen.price(help::fine + 1) == help::fine + 1);
}

TEST_CASE("long polls are never without help") {
  stretches seen;
  seen.helped(help::fine, 2, 100);
  CHECK_FALSE(seen.unwanted());
  seen.alone(help::fine);
  seen.helped(100 * help::fine, 2, 10);
  CHECK_FALSE(seen.unwanted());
}

TEST_CASE("a core that is never alone goes without help for some stretches now and then, until it has been alone") {
  stretches seen;
  seen.helped(500, 2);
  CHECK(seen.unwanted());
  seen.helped(500, 2, help::alone_stretches - 1);
  CHECK(seen.unwanted());
  seen.helped(500, 2);
  CHECK_FALSE(seen.unwanted());  // it has not been alone for all that
  int without = 0, all = 0;
  for (const instant_ns until = seen.now + second; seen.now < until; ++all) {
    seen.helped(500, 2);
    without += seen.unwanted() ? 1 : 0;
  }
  CHECK(without > 0);
  CHECK(without <= all / 100);  // ever more seldom
  seen.alone(250);
  seen.helped(400, 2, 20);
  CHECK_FALSE(seen.unwanted());
}

TEST_CASE("one stretch in which the thread had no processor changes little") {
  stretches seen;
  seen.alone(60);
  seen.alone(20 * microsecond);
  CHECK(seen.price(20 * microsecond) < 200);
}

TEST_CASE("what a core offers to a worker that nobody sent: enough of it, or what its thread does not come round to") {
  runtime_options without_monitor;
  without_monitor.kind = flavor::current_thread;
  bench_runtime rt(without_monitor);
  sched::core& of = *rt.all->engine().cores[0];
  bool ran = false;
  rt.spawn_once([&] { ran = true; });
  CHECK(rt.all->run_until([&] { return ran; }));
  CHECK_FALSE(of.offers(0));
  CHECK(of.offers(1));  // as long as nothing is known of its polls
  of.thief_backlog = 10;
  CHECK_FALSE(of.offers(9));
  CHECK(of.offers(10));
  of.thief_backlog = sched::core::no_backlog;
  CHECK_FALSE(of.offers(sched::run_queue::capacity));
  of.stuck = true;
  CHECK(of.offers(1));
  of.stuck = false;
  of.blocking_poll = of.work.polls.read();
  CHECK(of.offers(1));
  of.blocking_poll = 0;
  rt.end();
}

TEST_CASE("the price for a worker that is awake is that of the move alone") {
  CHECK(sched::wake_price::for_thief(sched::wake_price::move) == sched::wake_price::no_backlog);
  CHECK(sched::wake_price::for_thief(2 * sched::wake_price::move) == 10);
  CHECK(sched::wake_price::for_thief(10 * microsecond) == 1);
}

// A timer ends each of its sleeps; the test says of the first one that somebody woke it before it had begun.
TEST_CASE("a worker that is woken as soon as it sleeps looks for a moment before it sleeps again, and gives that up") {
  bench_runtime rt(1);
  sched::core& of = *rt.all->engine().cores[0];
  if (!of.all.cpus.several()) return rt.end();  // nobody could come while it looks
  time::timer_queue::entry entry;
  std::vector<bool> lingers;
  std::atomic<bool> over{false};
  rt.spawn([&](task::key self, task::context&) {
    const sched::host_entry call;
    lingers.push_back(of.lingers);
    if (over = lingers.size() == 3; over) return poll_result::ready;
    if (lingers.size() == 1) of.woken_at = 1;
    rt.all->arm(entry, rt.all->now() + millisecond, self);
    return poll_result::pending;
  });
  CHECK(eventually([&] { return over.load(); }));
  runtime::disarm(entry);
  CHECK(lingers[1]);
  CHECK_FALSE(lingers[2]);
  rt.end();
}
