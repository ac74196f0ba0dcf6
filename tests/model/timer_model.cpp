// Timers under every interleaving: cancel against fire against reset, and a sleeper that must not oversleep a timer
// that another thread arms.
#include <doctest/doctest.h>

#include <memory>

#include "explorer/expect.hpp"
#include "explorer/model_policy.hpp"
#include "runtime/time/timer_queue.hpp"

namespace {

using namespace tokiod;
using namespace tokiod::model;
using time::timer_state;

struct task_stub {
  int wakes = 0;
};
struct stub_key {
  task_stub* task = nullptr;
  std::uint64_t generation = 0;
  friend bool operator==(const stub_key&, const stub_key&) = default;
};
using queue = time::basic_timer_queue<model_policy, stub_key>;

// The explorer keeps freed memory readable and fails a late use of what was in it.
struct entry : queue::entry, tracked {};

constexpr instant_ns soon = time::tick_ns;
constexpr instant_ns later = 2 * time::tick_ns;

// The owner cancels and frees its timer at once, while another thread fires.
void cancel_or_fire() {
  queue q(0);
  task_stub task;
  auto e = std::make_unique<entry>();
  static_cast<void>(q.arm(*e, soon, {&task, 1}));
  thread firing([&] { q.fire(later, [](stub_key k) { ++k.task->wakes; }); });
  const bool cancelled = queue::disarm(*e);
  check(e->state() == timer_state::idle, "a timer that was disarmed is not idle");
  e.reset();
  firing.join();
  check(task.wakes == (cancelled ? 0 : 1), "a cancelled timer woke its task, or a fired one did not");
}

// Two threads fire the same two timers.
void fired_once() {
  queue q(0);
  task_stub a, b;
  auto first = std::make_unique<entry>();
  auto second_one = std::make_unique<entry>();
  static_cast<void>(q.arm(*first, soon, {&a, 1}));
  static_cast<void>(q.arm(*second_one, soon, {&b, 1}));
  atomic<int> wakes{0};
  const auto fire = [&] { q.fire(later, [&](stub_key) { wakes.fetch_add(1, relaxed); }); };
  thread other(fire);
  fire();
  other.join();
  check(wakes.load(relaxed) == 2, "two timers are two wakes");
  check(first->state() == timer_state::fired && second_one->state() == timer_state::fired, "a timer is left");
  check(q.next_deadline() == never, "a sleeper would wake up for timers that have fired");
}

// A timer fires at its deadline and not before, wherever it was moved, also while another thread fires.
void neither_early_nor_late() {
  queue q(0);
  task_stub task, other_task, unmoved_task;
  auto unmoved = std::make_unique<entry>();
  static_cast<void>(q.arm(*unmoved, later, {&unmoved_task, 1}));
  auto moved_away = std::make_unique<entry>();
  auto moved_near = std::make_unique<entry>();
  static_cast<void>(q.arm(*moved_away, soon, {&task, 1}));
  static_cast<void>(q.arm(*moved_away, later, {&task, 1}));
  static_cast<void>(q.arm(*moved_near, later, {&other_task, 1}));
  thread firing([&] { q.fire(soon - 1, [](stub_key k) { ++k.task->wakes; }); });
  static_cast<void>(q.arm(*moved_near, soon, {&other_task, 1}));
  check(q.next_deadline() == soon, "a sleeper would not sleep, or oversleep");
  firing.join();
  q.fire(soon, [](stub_key k) { ++k.task->wakes; });
  check(task.wakes == 0 && unmoved_task.wakes == 0, "a timer fired before its time");
  check(other_task.wakes == 1, "a timer that was moved nearer has not fired");
  q.fire(later, [](stub_key k) { ++k.task->wakes; });
  check(task.wakes == 1 && unmoved_task.wakes == 1, "a timer has not fired at its time");
}

// The owner moves its timer later while its first deadline fires: it may be woken early, but never be forgotten.
void reset_or_fire() {
  queue q(0);
  task_stub task;
  auto e = std::make_unique<entry>();
  static_cast<void>(q.arm(*e, soon, {&task, 1}));
  thread firing([&] { q.fire(soon, [](stub_key k) { ++k.task->wakes; }); });
  static_cast<void>(q.arm(*e, later, {&task, 1}));
  firing.join();
  const bool early = task.wakes == 1;
  check(early || e->armed(), "the moved timer is neither armed nor fired");
  q.fire(later, [](stub_key k) { ++k.task->wakes; });
  check(task.wakes >= 1 && !e->armed(), "the moved timer never fires");
}

// The owner of the queue announces that it sleeps, looks at the next deadline and sleeps until then: for ever if there
// is none. Whoever arms an earlier one wakes it.
void sleeper() {
  queue q(0);
  task_stub task;
  auto e = std::make_unique<entry>();
  atomic<int> asleep{0};
  event wake;
  thread owner([&] {
    asleep.store(1, seq_cst);
    if (q.next_deadline() == never) wake.wait();
    q.fire(later, [](stub_key k) { ++k.task->wakes; });
  });
  if (q.arm(*e, soon, {&task, 1}) && asleep.load(seq_cst) == 1) wake.set();
  owner.join();
  if (e->armed()) {  // it looked before, was not asleep, and fires with its next look
    q.fire(later, [](stub_key k) { ++k.task->wakes; });
  }
  check(task.wakes == 1, "the timer is lost");
}

// The queue is closed while somebody arms a timer: he is woken, or finds that it is armed no more.
void arm_or_close() {
  queue q(0);
  task_stub task;
  auto e = std::make_unique<entry>();
  thread closing([&] { q.close([](stub_key k) { ++k.task->wakes; }); });
  static_cast<void>(q.arm(*e, later, {&task, 1}));
  const bool refused = !e->armed();
  closing.join();
  check(e->state() == timer_state::fired, "a timer waits that nobody will fire, or does not say that it is over");
  check(refused || task.wakes == 1, "who waited for a closed queue was not woken");
}

// The same for one that waits already and is moved away as far as can be.
void move_or_close() {
  queue q(0);
  task_stub task;
  auto e = std::make_unique<entry>();
  static_cast<void>(q.arm(*e, soon, {&task, 1}));
  thread closing([&] { q.close([](stub_key k) { ++k.task->wakes; }); });
  static_cast<void>(q.arm(*e, never, {&task, 1}));
  closing.join();
  check(!e->armed(), "a timer that was moved waits, and nobody will fire it");
}

using change = mutant::change;
constexpr bounds wide{.preemptions = 3, .stale_reads = 2};

const equivalents same{{change::blind, "fire", "load", "who thinks that something is due looks once for nothing"}};

}  // namespace

TEST_CASE("a timer is cancelled or fired, never both, and its memory is free when disarm returns") {
  passes(wide, cancel_or_fire);
}
TEST_CASE("of two threads that fire, one gets each timer") { passes(wide, fired_once); }
TEST_CASE("a timer fires at its deadline, wherever it was moved") { passes(wide, neither_early_nor_late); }
TEST_CASE("a timer that is moved while it fires is not forgotten") { passes(wide, reset_or_fire); }
TEST_CASE("a sleeper does not oversleep a timer that another thread arms") { passes(wide, sleeper); }

TEST_CASE("[RR-10] nobody waits for a timer of a queue that was closed") {
  passes(wide, arm_or_close);
  passes(wide, move_or_close);
}

TEST_CASE("mutants of the timer queue are caught") {
  catches({change::weaken, "state", "load"}, cancel_or_fire);
  catches({change::weaken, "take_first", "store"}, cancel_or_fire);
  catches({change::drop_write, "take_first", "store"}, fired_once);
  catches({change::weaken, "lock", "exchange"}, fired_once);
  catches({change::weaken, "unlock", "store"}, fired_once);
  catches({change::split, "lock", "exchange"}, fired_once);
  catches({change::split, "lock", "exchange"}, arm_or_close);
  catches({change::drop_write, "arm", "store"}, arm_or_close);
  catches({change::weaken, "next_deadline", "load"}, sleeper);
  catches({change::weaken, "publish_earlier", "store"}, sleeper);
  catches({change::drop_write, "publish_earlier", "store"}, sleeper);
}

TEST_CASE("every order of the timer queue is needed") {
  const auto all = [] {
    cancel_or_fire();
    sleeper();
  };
  CHECK(needless_orders({}, all).empty());
}
