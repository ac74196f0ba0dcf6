// The bell of who waits in block_on: a driver that sleeps between two looks at it, wakers from outside, a hook before
// the sleep that rings on the driver's own thread, and nudges.
#include "runtime/sched/bell.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <memory>

#include "explorer/expect.hpp"
#include "explorer/model_policy.hpp"

using namespace tokiod;
using namespace tokiod::model;

namespace {

using bell = sched::basic_bell<model_policy>;

// What is waited for: whoever finds it idle makes it runnable, as a task's word decides it, and rings.
struct scene {
  std::unique_ptr<bell> rings = std::make_unique<bell>();
  atomic<bool> idle{false};
  cell<int> news{0};
  event home;  // what the driver sleeps on
  sched::rung_here here;

  bool take(int value) {
    if (!idle.exchange(false, acq_rel)) return false;
    news.set(value);
    rings->ring();
    return true;
  }
  void wake_from_outside(int value) {
    while (!take(value)) model_policy::yield();
    home.set();
  }
  // current_thread::scheduler::run_until() and worker::park(), as far as the bell goes.
  void drive(const std::function<void()>& hook, bool believes_the_core = true) {
    idle.store(true, release);
    while (!rings->heard())
      if (!here.during(hook) || !believes_the_core) home.wait();
  }
};

const std::function<void()> no_hook = [] {};

// Each turn is heard, with what came before it, and the last one may end the bell at once.
void driver_against_wakers(int turns) {
  scene s;
  thread waker([&] {
    for (int turn = 1; turn <= turns; ++turn) s.wake_from_outside(turn);
  });
  for (int turn = 1; turn <= turns; ++turn) {
    s.drive(no_hook);
    check(s.news.get() == turn, "a turn is missing, or heard twice");
  }
  s.rings.reset();
  waker.join();
}

// The hook rings on the driver's own thread, where nobody writes to what the driver sleeps on.
void hook_rings(bool believes_the_core) {
  scene s;
  for (int turn = 1; turn <= 2; ++turn) {
    const auto hook = [&] {
      if (s.take(turn)) s.here.note();
    };
    s.drive(hook, believes_the_core);
    check(s.news.get() == turn, "the hook is not heard");
  }
}

// The hook and a waker from outside; one of them is first.
void hook_against_waker() {
  scene s;
  atomic<bool> over{false};
  thread waker([&] {
    while (!over.load(acquire) && !s.take(1)) model_policy::yield();
    s.home.set();
  });
  s.drive([&] {
    if (s.take(2)) s.here.note();
  });
  check(s.news.get() != 0, "nobody is heard");
  over.store(true, release);
  s.rings.reset();
  waker.join();
}

// Who does not drive waits for the bell itself. A nudge ends one wait, and takes nobody's turn.
void waiter_against_nudge() {
  scene s;
  cell<int> word{0};
  thread nudger([&] {
    word.set(1);
    s.rings->nudge();
  });
  s.idle.store(true, release);
  check(!s.rings->wait(), "a turn came from nowhere");
  check(word.get() == 1, "what came before the nudge is missing");
  nudger.join();
  thread waker([&] { (void)s.take(1); });
  check(s.rings->wait() && s.news.get() == 1, "the turn is missing");
  s.rings.reset();
  waker.join();
}

void nudge_beside_ring() {
  scene s;
  thread nudger([&] { s.rings->nudge(); });
  thread waker([&] { (void)s.take(1); });
  s.idle.store(true, release);
  // The waker may have come too early: then it is our turn still.
  if (!s.idle.exchange(false, acq_rel)) {
    while (!s.rings->wait()) {
    }
    check(s.news.get() == 1, "the turn is missing");
  }
  nudger.join();
  s.rings.reset();
  waker.join();
}

using change = mutant::change;

}  // namespace

TEST_CASE("a driver hears every ring, and may end the bell as soon as it did") {
  passes([] { driver_against_wakers(1); });
  passes([] { driver_against_wakers(2); });
}
TEST_CASE("what a hook rings before a sleep is heard without one") {
  passes([] { hook_rings(true); });
  fails("deadlock", [] { hook_rings(false); });
  passes(hook_against_waker);
}
TEST_CASE("a nudge ends a wait, and a ring beside it is not lost") {
  passes(waiter_against_nudge);
  passes(nudge_beside_ring);
}

TEST_CASE("mutants of the bell are caught") {
  const auto one_turn = [] { driver_against_wakers(1); };
  catches({change::drop_write, "ring", "store"}, one_turn);
  catches({change::blind, "heard", "load"}, [] { hook_rings(true); });
  catches({change::drop_write, "wait", "store"}, [] { hook_rings(true); });
}
