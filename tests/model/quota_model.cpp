// The tasks that a quota keeps: workers that keep them, the keeper that gives them back, and the end of the quota.
#include "runtime/sched/quota.hpp"

#include <doctest/doctest.h>

#include <array>

#include "explorer/expect.hpp"
#include "explorer/model_policy.hpp"

using namespace tokiod;
using namespace tokiod::model;

namespace {

struct item {
  cell<item*> next;
  cell<int> payload;
  cell<int> runs;
};

using quota = sched::basic_cpu_quota<model_policy, item>;

// It has used all that it may in the first window, by one.
struct scene {
  scene() {
    check(limit.allow(1, 0).count == 0, "something was kept before the first limit");
    limit.spend(0, quota::window / 100 + 1);
  }

  quota limit;
  std::array<item, 3> items;
  atomic<int> keeper_woken{0};

  void run(item& which) {
    check(which.payload.get() == 7, "a task is run before what it carries was written");
    which.runs.set(which.runs.get() + 1);
  }
  void run(queue::chain<item> tasks) {
    for (item* at = tasks.first; at != nullptr;) {
      item* const next = at->next.get();
      run(*at);
      at = next;
    }
  }
  // What a worker does with a task that is next.
  void meet(std::size_t index) {
    item& task = items[index];
    task.payload.set(7);
    switch (limit.keep(task, 1)) {
      case quota::kept::no: return run(task);
      case quota::kept::first: keeper_woken.store(1, seq_cst); break;
      case quota::kept::yes: break;
    }
  }
  // What the keeper does when it is woken, its timer included.
  void look_after() {
    if (keeper_woken.exchange(0, seq_cst) == 0) return;
    quota::released due;
    for (instant_ns now = 1; now != never; now = due.again) {
      due = limit.release(now, 1);
      run(due.tasks);
      check(due.again == never || due.tasks.count == 1 || due.again > now, "the keeper looks for nothing, for ever");
    }
  }
  void check_all(std::size_t met) {
    for (std::size_t i = 0; i < met; ++i) check(items[i].runs.get() == 1, "a task is run twice, or lost");
  }
};

void two_workers_and_the_keeper() {
  scene s;
  thread one([&] { s.meet(0); });
  thread two([&] {
    s.meet(1);
    s.meet(2);
  });
  s.look_after();
  one.join();
  two.join();
  s.look_after();
  s.check_all(3);
}

// A task that meets the end is kept before it, and comes back, or it is polled.
void end_against_workers() {
  scene s;
  thread one([&] { s.meet(0); });
  thread two([&] { s.meet(1); });
  s.run(s.limit.end(1));
  one.join();
  two.join();
  check(s.limit.ended(), "it has not ended");
  check(s.limit.allow(1, 1).count == 0, "something was kept after the end");
  s.check_all(2);
}

// What is said without the lock: whether it is used up, and for how long tasks were kept, also the second time.
void said_without_the_lock() {
  scene s;
  constexpr duration_ns each = quota::window / 100;
  const auto kept_until = [&](item& task, instant_ns since, instant_ns until) {
    check(s.limit.over(), "a quota that is used up does not say so");
    task.payload.set(7);
    check(s.limit.keep(task, since) == quota::kept::first, "a task is not kept");
    s.run(s.limit.release(until, 1).tasks);
    check(!s.limit.over(), "a quota that has time again says that it is used up");
  };
  kept_until(s.items[0], 1, quota::window);
  check(s.limit.throttled() == quota::window - 1, "the time in which a task was kept is not counted");
  s.limit.spend(quota::window, quota::window + each + 1);
  kept_until(s.items[1], quota::window + 2 * each, 2 * quota::window);
  check(s.limit.throttled() == 2 * quota::window - 1 - 2 * each, "only the last time is counted");
  s.check_all(2);
}

void lift_against_a_worker() {
  scene s;
  thread one([&] { s.meet(0); });
  s.run(s.limit.allow(0, 1));
  one.join();
  s.check_all(1);
}

}  // namespace

TEST_CASE("what two workers keep is given back by the keeper, each once") { passes(two_workers_and_the_keeper); }
TEST_CASE("the end of a quota meets workers: what they keep comes back, or is polled") { passes(end_against_workers); }
TEST_CASE("a limit that is lifted meets a worker") { passes(lift_against_a_worker); }

TEST_CASE("what a quota says without its lock is what it has counted under it") {
  passes(said_without_the_lock);
  catches({mutant::change::drop_write, "has_time", "store"}, said_without_the_lock);
  catches({mutant::change::drop_write, "count_throttled", "store"}, said_without_the_lock);
  catches({mutant::change::blind, "count_throttled", "load"}, said_without_the_lock);
}

TEST_CASE("a worker that forgets to wake the keeper loses a task") {
  fails("a task is run twice, or lost", [] {
    scene s;
    thread one([&] { s.meet(0); });
    s.look_after();
    one.join();
    s.keeper_woken.store(0, seq_cst);
    s.look_after();
    s.check_all(1);
  });
}

TEST_CASE("everything of the quota stands under its lock") {
  using enum mutant::change;
  for (const auto& model : {two_workers_and_the_keeper, end_against_workers}) {
    catches({.how = weaken, .function = "lock", .operation = "exchange"}, model);
    catches({.how = split, .function = "lock", .operation = "exchange"}, model);
    catches({.how = weaken, .function = "unlock", .operation = "store"}, model);
    catches({.how = drop_write, .function = "unlock", .operation = "store"}, model);
  }
}
