// The end of an instance: workers, job threads and callbacks that run its code and give their pins back, against the
// drain that looks at the pins and the guard slots and then unmaps the image. The image is a cell: running its code is
// a read of it, unmapping it a write, so a race on it is code that runs in an unmapped image.
#include "host/quiet.hpp"

#include <doctest/doctest.h>

#include <array>
#include <memory>

#include "explorer/expect.hpp"
#include "explorer/model_policy.hpp"
#include "host/guard.hpp"
#include "host/ledger.hpp"
#include "runtime/metrics/counter.hpp"
#include "runtime/sched/guard.hpp"
#include "runtime/sched/shown.hpp"

using namespace tokiod;
using namespace tokiod::model;
using host::entry;

namespace {

using slots = host::basic_guard_slots<model_policy>;

int some_place;  // only its address matters
const auto* const plugin = reinterpret_cast<const tokio_plugin*>(&some_place);

struct scene {
  sched::basic_shown<model_policy, const tokio_plugin*> shown_by_worker;
  slots::slot slot_of_thread;
  slots guards;
  host::basic_ledger<model_policy> book{1};
  sched::basic_guard<model_policy> worker_guard;  // of core 0
  metrics::basic_counter<model_policy> spawned, ended;
  cell<int> image{1};

  scene() { guards.add(slot_of_thread); }

  // A worker inside the plugin: its own guard is open meanwhile, and closed when it is back in host code.
  void call_on_worker() {  // plugin_call
    shown_by_worker.enter(plugin);
    worker_guard.leave();
    (void)image.get();
    worker_guard.enter();
    shown_by_worker.leave_to(nullptr);
  }
  // A job's thread has no core, and nobody passes its guard.
  void call_on_thread() {
    slot_of_thread.inside.enter(plugin);
    (void)image.get();
    slot_of_thread.inside.leave_to(nullptr);
  }
  // A task without a join handle: task::run(), finish() and bury().
  void run_task() {
    call_on_worker();  // the poll
    ended.add();
    call_on_worker();  // the destructor of its body
  }
  void end_pin(entry what) { book.add(-1, what, -1); }

  bool no_pins() {
    return ended.read() == spawned.read() && book.sum(entry::jobs) == 0 && book.sum(entry::callbacks) == 0 &&
           shown_by_worker.now() != plugin && guards.inside(plugin) == 0;
  }
  bool pass_guards() {
    if (!worker_guard.revoke()) return false;
    worker_guard.restore();
    return true;
  }
  bool quiet(bool passes_guards) {
    return host::is_quiet([&] { return no_pins(); }, [&] { return !passes_guards || pass_guards(); });
  }
  void unmap(bool passes_guards = true) {
    while (!quiet(passes_guards)) model_policy::yield();
    image.set(0);
  }
};

void task_that_nobody_joins(bool passes_guards) {
  scene s;
  s.spawned.add();
  thread worker([&] {
    s.run_task();
    s.worker_guard.leave();  // it goes to sleep
  });
  s.unmap(passes_guards);
  worker.join();
}

// A worker loses its core in the poll, and ends the task without one: engine::take_from_holder, pass_all_guards. The
// core's guard is nobody's then, so the thread itself must be passed.
struct taken_over : scene {
  mutex hand_over;
  cell<bool> holds_core{true};
  metrics::basic_counter<model_policy> ended_elsewhere;
  atomic<bool> stuck{false};

  void run_to_the_end() {
    call_on_worker();
    (holds_core.get() ? ended : ended_elsewhere).add();
    call_on_worker();
    stuck.store(false, release);
    worker_guard.leave();
  }
  void take_core() {
    hand_over.lock();
    if (worker_guard.revoke()) {
      stuck.store(true, relaxed);
      holds_core.set(false);
      worker_guard.restore();
    }
    hand_over.unlock();
  }
  bool pass_core() {
    hand_over.lock();
    const bool passed = !holds_core.get() || pass_guards();
    hand_over.unlock();
    return passed;
  }
  bool pass_coreless() { return !stuck.load(acquire) || pass_guards(); }
  bool nobody_left() {
    return ended.read() + ended_elsewhere.read() == spawned.read() && shown_by_worker.now() != plugin;
  }
};

void task_outlives_its_core(bool passes_coreless) {
  taken_over s;
  s.spawned.add();
  thread worker([&] { s.run_to_the_end(); });
  thread monitor([&] { s.take_core(); });
  while (!host::is_quiet([&] { return s.nobody_left(); },
                         [&] { return s.pass_core() && (!passes_coreless || s.pass_coreless()); }))
    model_policy::yield();
  s.image.set(0);
  worker.join();
  monitor.join();
}

// Counted apart: of two tasks that began, one that ended is not all.
void one_task_after_the_other() {
  scene s;
  s.spawned.add();
  s.spawned.add();
  thread worker([&] {
    s.run_task();
    s.run_task();
    s.worker_guard.leave();
  });
  s.unmap();
  worker.join();
}

void job() {
  scene s;
  s.book.add(-1, entry::jobs, 1);
  s.worker_guard.leave();
  thread pool([&] {
    s.call_on_thread();
    s.end_pin(entry::jobs);
  });
  s.unmap();
  pool.join();
}

// Two threads give back at once what is counted in one number.
void two_jobs() {
  scene s;
  s.book.add(-1, entry::jobs, 1);
  s.book.add(-1, entry::jobs, 1);
  s.worker_guard.leave();
  thread one([&] { s.end_pin(entry::jobs); });
  thread two([&] {
    s.call_on_thread();
    s.end_pin(entry::jobs);
  });
  s.unmap();
  one.join();
  two.join();
}

// Code of the plugin gives the last pin back: it answers a call, drops a handle, aborts a task.
void pin_given_back_inside() {
  scene s;
  s.book.add(-1, entry::callbacks, 1);
  s.worker_guard.leave();
  thread calls([&] {
    s.slot_of_thread.inside.enter(plugin);
    s.end_pin(entry::callbacks);
    (void)s.image.get();
    s.slot_of_thread.inside.leave_to(nullptr);
  });
  s.unmap();
  calls.join();
}

// A control method submits a job and returns; the job runs later. One look may fall between them.
void callback_that_submits(int looks) {
  scene s;
  s.book.add(-1, entry::callbacks, 1);
  thread calls([&] {
    s.call_on_thread();
    s.book.add(-1, entry::jobs, 1);
    s.end_pin(entry::callbacks);
    s.call_on_thread();
    s.end_pin(entry::jobs);
  });
  if (looks == 1) {
    while (!s.no_pins()) model_policy::yield();
    s.image.set(0);
  } else {
    s.worker_guard.leave();
    s.unmap();
  }
  calls.join();
}

// A pin that was taken on a core is given back on its own line: a load and a store, nobody else writes it.
void pin_of_a_core() {
  scene s;
  s.book.add(0, entry::jobs, 1);
  s.worker_guard.leave();
  thread holder([&] {
    s.call_on_thread();
    s.book.add(0, entry::jobs, -1);
  });
  s.unmap();
  holder.join();
}

// Two threads come for a slot while the only one is free: one gets it, the other one adds its own. Both are seen, and
// what the slot's last thread did is not seen by halves.
void threads_come() {
  std::array<slots::slot, 3> made;
  slots all;
  all.add(made[0]);
  cell<int> in_first{0};  // written by whoever has the slot
  atomic<int> come{0};
  const auto first_scope = [&](slots::slot& fresh) {
    slots::slot* mine = all.take_free();
    if (mine == nullptr) {
      all.add(fresh);
      mine = &fresh;
    } else {
      in_first.set(in_first.get() + 1);
    }
    mine->inside.enter(plugin);
    come.fetch_add(1, release);
    mine->inside.leave_to(nullptr);
  };
  thread ends([&] {
    in_first.set(1);
    slots::give_back(made[0]);
  });
  thread other([&] { first_scope(made[1]); });
  first_scope(made[2]);
  const auto before = come.load(acquire);
  check(all.inside(plugin) <= 2, "more threads are inside than there are");
  if (before == 2) check(all.inside(plugin) <= 1, "a thread that left is still shown");
  ends.join();
  other.join();
  check(all.inside(plugin) == 0, "a thread that left is still shown");
}

// Two threads add their slots at once; each is shown from then on.
void slots_are_added() {
  slots::slot one, two;
  slots all;
  thread other([&] {
    one.inside.enter(plugin);
    all.add(one);
    check(all.inside(plugin) >= 1, "a thread does not see itself");
  });
  two.inside.enter(plugin);
  all.add(two);
  check(all.inside(plugin) >= 1, "a thread does not see itself");
  other.join();
  check(all.inside(plugin) == 2, "a slot is lost");
}

// A slot that is built while others walk the list: the list publishes it.
void walk_while_a_slot_is_added() {
  slots all;
  slots::slot first;
  std::unique_ptr<slots::slot> fresh;
  all.add(first);
  thread comes([&] {
    fresh = std::make_unique<slots::slot>();
    fresh->inside.enter(plugin);
    all.add(*fresh);
  });
  check(all.inside(plugin) <= 1, "a slot is seen twice");
  comes.join();
  check(all.inside(plugin) == 1, "a slot is lost");
}

// The next thread takes the slot of one that has ended, which it did not see being made.
void slot_of_an_ended_thread() {
  slots all;
  std::unique_ptr<slots::slot> fresh;
  thread ends([&] {
    fresh = std::make_unique<slots::slot>();
    all.add(*fresh);
    slots::give_back(*fresh);
  });
  const bool found_early = all.take_free() != nullptr;
  ends.join();
  check(found_early != (all.take_free() != nullptr), "a slot that is free is not found, or is given to two");
}

using change = mutant::change;

const equivalents same{
    {change::blind, "add", "load", "where the list begins is a guess, and the CAS behind it decides"}};

}  // namespace

TEST_CASE("a task that nobody joins destroys its body before its image is unmapped") {
  passes([] { task_that_nobody_joins(true); });
}
TEST_CASE("without passing the guards a body is destroyed in an unmapped image") {
  fails("data race", [] { task_that_nobody_joins(false); });
}
TEST_CASE("a task that lost its core destroys its body before its image is unmapped") {
  passes([] { task_outlives_its_core(true); });
}
TEST_CASE("without passing the threads that lost their core a body is destroyed in an unmapped image") {
  fails("data race", [] { task_outlives_its_core(false); });
}
TEST_CASE("a task that ended does not stand for one that did not") { passes(one_task_after_the_other); }
TEST_CASE("a job's code runs before its image is unmapped") { passes(job); }
TEST_CASE("pins that are given back at once are all counted") { passes({.preemptions = 3}, two_jobs); }
TEST_CASE("a pin that is given back from inside the plugin does not unmap the code that does it") {
  passes(pin_given_back_inside);
}
TEST_CASE("a callback that submits a job and ends is not mistaken for the end") {
  passes([] { callback_that_submits(2); });
}
TEST_CASE("one look may miss a job that a callback submitted") {
  fails("data race", [] { callback_that_submits(1); });
}
TEST_CASE("a pin of a core publishes as one of a thread does") { passes(pin_of_a_core); }
TEST_CASE("a slot belongs to one thread, and shows it") { passes(threads_come); }
TEST_CASE("slots that are added at once are all there") { passes(slots_are_added); }
TEST_CASE("a slot is used again") { passes(slot_of_an_ended_thread); }
TEST_CASE("a slot is published whole") { passes(walk_while_a_slot_is_added); }

TEST_CASE("mutants of the end of an instance are caught") {
  catches({change::weaken, "add", "fetch_add"}, job);
  catches({change::weaken, "add", "store"}, pin_of_a_core);
  catches({change::weaken, "sum", "load"}, job);
  catches({change::drop_write, "enter", "store"}, pin_given_back_inside);
  catches({change::weaken, "leave_to", "store"}, pin_given_back_inside);
  catches({change::weaken, "now", "load"}, pin_given_back_inside);
  catches({change::blind, "now", "load"}, pin_given_back_inside);
  catches({change::weaken, "give_back", "store"}, threads_come);
  catches({change::weaken, "take_free", "cas"}, threads_come);
  catches({change::split, "take_free", "cas"}, threads_come);
  catches({change::weaken, "add", "cas"}, walk_while_a_slot_is_added);
  catches({change::split, "add", "cas"}, slots_are_added);
}
