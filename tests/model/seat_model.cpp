// Who holds a core: the seat and the tenure as the scheduler has them, with threads that do what a worker does around
// them (scheduler::run(), worker::loop()), a monitor that takes the core from a poll, and whoever rotates threads or
// changes the number of workers. The core is a cell, so two who hold it at once are a race; a core that nobody holds is
// a job that nobody does, and whoever waits for it waits for ever.
#include "runtime/sched/multi_thread/seat.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <vector>

#include "explorer/expect.hpp"
#include "explorer/model_policy.hpp"
#include "runtime/sched/guard.hpp"

using namespace tokiod;
using namespace tokiod::model;
using namespace tokiod::sched;

namespace {

struct os_thread_of_model {
  sched::basic_guard<model_policy> entry;
  cell<bool> holds{false};       // thread::held
  atomic<bool> coreless{false};  // thread::stuck_in
  // Under the lock of the tenure: it held the core, and it did so before a rotation began.
  bool old = false, stale = false;
};

struct core_of_model {
  basic_tenure<model_policy, os_thread_of_model> tenure;
  event wake;  // home.wake()
  atomic<std::uint32_t> polls{0};
  atomic<bool> running{false};
  atomic<int> jobs{0};
  cell<int> rest{0};  // everything else in it

  void give_order(std::uint32_t what) {
    tenure.order(what);
    wake.set();
  }
  void touch() { rest.set(rest.get() + 1); }
};

struct person : multi_thread::basic_occupant<model_policy> {
  os_thread_of_model self;
  std::optional<model::thread> system;
  atomic<bool> ended{false};
  bool joined = false;
  [[nodiscard]] bool without_core() const { return self.coreless.load(relaxed); }
  [[nodiscard]] bool end_by(instant_ns deadline) {
    if (!joined && (deadline != 0 || ended.load(acquire))) {
      system->join();
      joined = true;
    }
    return joined;
  }
};

using seat = multi_thread::basic_seat<model_policy, core_of_model, person>;
using people = std::shared_ptr<person>;

struct scene {
  mutex all_seats;
  core_of_model core;
  seat at{core, all_seats};
  event done, back;          // a poll runs; who has lost the core is back from it
  std::vector<people> made;  // every thread
  bool rotated = false;      // under the lock of the tenure, as what it is about

  const bool stuck;  // a poll ends when it is told to go on
  event go_on;

  explicit scene(int jobs, bool polls_get_stuck = false) : stuck(polls_get_stuck) {
    core.jobs.store(jobs, relaxed);
    people first = make();
    at.assign(first);
    first->seated.wait();
  }

  // ---- a worker's thread

  people make() {
    auto next = std::make_shared<person>();
    made.push_back(next);
    next->system.emplace([this, who = next.get()] { run(*who); });
    return next;
  }
  auto maker() {
    return [this] { return result<people>(make()); };
  }
  void run(person& who) {
    bool lost = false;
    do {
      at.sit(who, [&] {
        core.tenure.take(who.self, [&] {
          check(!rotated || !who.self.stale, "a thread that had run before holds the core after a rotation");
          who.self.old = true;
          core.touch();
          who.self.holds.set(true);
        });
      });
      lost = !serve(who);
      who.self.coreless.store(false, release);
      if (lost) back.set();
    } while (lost && at.wait_as_spare(who));
    if (!lost) at.stand();
    who.ended.store(true, release);
  }
  bool serve(person& who) {
    for (;;) {
      while (who.self.holds.get() && !core.tenure.ordered()) turn(who);
      if (!who.self.holds.get()) return false;
      const bool left = core.tenure.leave([&] {
        core.touch();
        who.self.holds.set(false);
      });
      if (left) return true;
    }
  }
  void turn(person& who) {
    core.touch();
    if (core.jobs.load(acquire) != 0) return poll(who);
    const bool stays = core.tenure.ordered() || core.jobs.load(acquire) != 0;
    who.self.entry.leave();
    if (!stays) core.wake.wait();
    who.self.entry.enter();
  }
  void poll(person& who) {
    core.jobs.fetch_sub(1, acq_rel);
    core.running.store(true, relaxed);
    core.polls.fetch_add(1, relaxed);
    who.self.entry.leave();
    done.set();  // the body's code
    if (stuck) go_on.wait();
    who.self.entry.enter();
    if (!who.self.holds.get()) return;  // lost
    core.touch();
    core.running.store(false, relaxed);
  }

  // ---- the monitor, and who changes the workers

  bool take_from_holder(std::uint32_t poll) {
    const auto still = [&] { return core.running.load(relaxed) && core.polls.load(relaxed) == poll; };
    return core.tenure.take_away(nullptr, still, [&](os_thread_of_model& from) {
      from.coreless.store(true, release);
      core.touch();
      from.holds.set(false);
      core.running.store(false, relaxed);
    });
  }
  bool take_over(std::uint32_t poll) {
    return at.take_over(maker(), [&] { return take_from_holder(poll); });
  }
  bool monitor() { return core.running.load(relaxed) && take_over(core.polls.load(relaxed)); }
  void rotate() {
    core.tenure.with_holder([&](const os_thread_of_model*) {
      for (const people& one : made) one->self.stale = one->self.old;
    });
    check(at.replace(maker()).has_value() && at.vacated(never), "a thread that was told to go has not gone");
    core.tenure.with_holder([&](const os_thread_of_model* holder) {
      check(holder == nullptr || !holder->stale, "a thread that had run before holds the core after a rotation");
      rotated = true;
    });
  }
  // Of a job that is stuck.
  void lose_core() {
    done.wait();
    check(monitor(), "the core cannot be taken from a poll that does not end");
  }
  void add_job() {
    core.jobs.fetch_add(1, acq_rel);
    core.wake.set();
  }
  void come_back() {
    go_on.set();
    back.wait();
  }

  // Somebody holds the core, or will.
  void check_served() {
    add_job();
    if (stuck) go_on.set();
    while (core.jobs.load(acquire) != 0) done.wait();
  }
  void stop() {
    core.give_order(order_stop);
    check(at.end([](const people& who) { return who->end_by(never); }), "a thread has not ended");
    check(!core.tenure.is_held(), "somebody holds the core although all have ended");
  }
};

void rotation() {
  scene s(0);
  s.rotate();
  s.check_served();
  s.stop();
}

void rotation_beside_takeover() {
  scene s(1);
  thread watch([&] { (void)s.monitor(); });
  s.rotate();
  watch.join();
  s.check_served();
  s.stop();
}

void takeover() {
  scene s(1);
  (void)s.monitor();
  s.check_served();
  s.stop();
}

// Whoever sits down at this moment hears of it.
void stop_beside_a_successor() {
  scene s(1);
  (void)s.monitor();
  s.stop();
}

// The core is taken twice. Who lost it first is there for the second time, unless it takes its time.
void takeover_by_a_spare() {
  scene s(1, true);
  s.lose_core();
  s.come_back();
  s.add_job();
  s.lose_core();
  check(s.made.size() <= 3, "a takeover has made more than a thread");
  s.come_back();
  s.check_served();
  s.stop();
}

void rotation_of_a_spare() {
  scene s(1, true);
  s.lose_core();
  s.come_back();
  s.rotate();
  s.add_job();
  s.lose_core();
  s.come_back();
  s.stop();
}

void rotation_while_a_spare_sits_down() {
  scene s(1, true);
  s.lose_core();
  s.come_back();
  s.add_job();
  s.lose_core();
  s.come_back();
  s.rotate();
  s.check_served();
  s.stop();
}

// What a takeover that came too late has started takes the seat when threads are rotated.
void rotation_after_a_takeover_that_came_too_late() {
  scene s(1);
  s.done.wait();
  check(!s.take_over(0), "a poll that is over has lost the core");
  s.rotate();
  s.check_served();
  s.stop();
}

void wait_until_left(scene& s, bool takes_away) {
  while (!s.at.is_left()) {
    if (takes_away) s.at.take_away([&] { return s.take_from_holder(s.core.polls.load(relaxed)); });
    s.core.wake.set();
    model_policy::yield();
  }
}
void grow_again(scene& s) {
  s.at.reserve();
  (void)s.core.tenure.withdraw(order_retire);
  people next = s.make();
  s.at.assign(next);
  s.at.open();
  next->seated.wait();
}

void fewer_and_more() {
  scene s(1);
  s.at.allow_seating(false);
  s.core.give_order(order_retire);
  wait_until_left(s, true);
  s.at.dismiss();
  check(!s.at.is_taken() && !s.core.tenure.is_held(), "somebody sits where the core is retired");
  (void)s.at.vacated(never, false);
  grow_again(s);
  s.check_served();
  s.stop();
}

void fewer_beside_takeover() {
  scene s(1);
  thread watch([&] { (void)s.monitor(); });
  s.at.allow_seating(false);
  s.core.give_order(order_retire);
  wait_until_left(s, false);
  s.at.dismiss();
  check(!s.core.tenure.is_held(), "somebody holds a core that is retired");
  (void)s.at.vacated(never, true);
  watch.join();
  s.stop();
}

// The order to retire is taken back while the worker obeys, and somebody waits for the next takeover.
void fewer_given_up(bool somebody_waits) {
  scene s(1);
  if (somebody_waits) {
    s.done.wait();
    check(!s.take_over(0), "a poll that is over has lost the core");
  }
  s.at.allow_seating(false);
  s.core.give_order(order_retire);
  bool left = s.at.is_left();
  if (!left) {
    (void)s.core.tenure.withdraw(order_retire);
    left = s.at.is_left();
  }
  if (left) {
    s.at.dismiss();
    (void)s.at.vacated(never, false);
    grow_again(s);
  } else {
    s.at.allow_seating(true);
  }
  s.check_served();
  s.rotate();
  s.check_served();
  s.stop();
}

using change = mutant::change;
// Who asks for what may be old passes a lock afterwards, so old values are looked for where that is cheap.
const bounds newest{.preemptions = 2, .stale_reads = 0};
const bounds three_switches{.preemptions = 3, .stale_reads = 0};
const bounds walks{.random_runs = 50'000};

const char* const one_at_a_time = "who orders is who takes it back, and what take() clears is cleared again, or obeyed";
const equivalents same{
    {change::split, "order", "fetch_or", one_at_a_time},
    {change::split, "withdraw", "fetch_and", one_at_a_time},
};

}  // namespace

TEST_CASE("a rotated thread leaves the core to the next, also beside a takeover") {
  passes(rotation);
  passes(newest, rotation_beside_takeover);
}
TEST_CASE("a core that is taken from a poll has somebody who holds it, who hears of what is ordered") {
  passes(takeover);
  passes(three_switches, stop_beside_a_successor);
}
TEST_CASE("a thread that is back from its poll is there for the next takeover") { passes(newest, takeover_by_a_spare); }
TEST_CASE("a rotation leaves no thread that has run before, also not a spare") {
  passes(newest, rotation_of_a_spare);
  passes(newest, rotation_while_a_spare_sits_down);
}
TEST_CASE("whoever a late takeover has started takes the seat at the next rotation") {
  passes(rotation_after_a_takeover_that_came_too_late);
}
TEST_CASE("a core that is retired is nobody's, and somebody's again when there are to be more") {
  passes(fewer_and_more);
}
TEST_CASE("a takeover beside a retirement seats nobody at a core that is retired") { passes(fewer_beside_takeover); }
TEST_CASE("an order to retire that is taken back leaves somebody who holds the core") {
  passes(newest, [] { fewer_given_up(false); });
  passes(newest, [] { fewer_given_up(true); });
}

TEST_CASE("mutants of the tenure are caught") {
  catches({change::drop_write, "take", "fetch_and"}, walks, rotation_beside_takeover);
  catches({change::split, "take", "fetch_and"}, three_switches, stop_beside_a_successor);
  catches({change::drop_write, "order", "fetch_or"}, rotation);
  catches({change::blind, "ordered", "load"}, rotation);
  catches({change::blind, "told_to_leave", "load"}, rotation);
  catches({change::unlocked, "try_inside", "lock"}, walks, rotation_beside_takeover);
}

TEST_CASE("mutants of the seat are caught") {
  catches({change::drop_write, "stand", "set"}, rotation);
  catches({change::drop_write, "take_over", "set"}, takeover);
  catches({change::unlocked, "hold", "lock"}, walks, rotation_beside_takeover);
  catches({change::blind, "has_sat", "load"}, fewer_and_more);
  catches({change::drop_write, "call_spare", "set"}, newest, takeover_by_a_spare);
  catches({change::drop_write, "dismiss_spare", "set"}, newest, rotation_of_a_spare);
}
