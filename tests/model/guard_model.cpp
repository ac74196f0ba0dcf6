// The guard in its strong mode: an owner that goes in and out of plugin code, and takers that want its core.
#include "runtime/sched/guard.hpp"

#include <doctest/doctest.h>

#include "explorer/expect.hpp"
#include "explorer/model_policy.hpp"
#include "runtime/shard/poll_right.hpp"

using namespace tokiod;
using namespace tokiod::model;

namespace {

// The LIFO slot of a core: the owner puts a task in and takes it out again; a taker takes what it finds. A race on the
// cell is found by the explorer, a task that is run twice or lost by the count.
void owner_against_taker() {
  sched::basic_guard<model_policy> guard;
  cell<int> slot{0};
  int owner_ran = 0;
  int taker_ran = 0;
  thread taker([&] {
    if (!guard.revoke()) return;
    taker_ran += slot.get();
    slot.set(0);
    guard.restore();
  });
  slot.set(1);    // a wake during host code
  guard.leave();  // the poll
  guard.enter();  // a call of the plugin into the host
  slot.set(slot.get() + 1);
  guard.leave();
  guard.enter();  // the poll is over
  owner_ran += slot.get();
  slot.set(0);
  taker.join();
  check(owner_ran + taker_ran == 2, "a task is lost, or run twice");
}

// Takeover: the core goes to another thread while its holder is in a poll; who comes back sees that, and keeps away.
void holder_against_successor() {
  sched::basic_guard<model_policy> guard;
  cell<int> held{1};  // what thread::held is
  cell<int> core{0};  // everything in the core
  thread successor([&] {
    if (!guard.revoke()) return;
    held.set(0);
    guard.restore();
    core.set(core.get() + 1);
  });
  core.set(1);
  guard.leave();  // the poll
  guard.enter();  // a call of the plugin into the host
  if (held.get() == 1) core.set(core.get() + 1);
  guard.leave();
  guard.enter();  // the poll is over
  if (held.get() == 1) core.set(core.get() + 1);
  successor.join();
}

// A taker that comes again at once: the owner, which waits for the end of the first visit, must see the second.
void owner_against_two_visits() {
  sched::basic_guard<model_policy> guard;
  cell<int> slot{0};
  int taken = 0;
  guard.leave();
  thread taker([&] {
    for (int visit = 0; visit < 2; ++visit) {
      if (!guard.revoke()) continue;
      slot.set(slot.get() + 1);
      ++taken;
      guard.restore();
    }
  });
  guard.enter();
  slot.set(slot.get() + 1);
  guard.leave();
  taker.join();
  check(slot.get() == taken + 1, "the owner and a taker were inside at once");
}

// close_owner(): after every guard was passed once, nobody acts on what it read before.
void flag_then_pass() {
  sched::basic_guard<model_policy> guard;
  atomic<bool> closed{false};
  atomic<int> spawned{0};
  guard.leave();
  thread worker([&] {
    guard.enter();
    if (!closed.load(relaxed)) spawned.fetch_add(1, relaxed);
    guard.leave();
  });
  closed.store(true, relaxed);
  while (!guard.revoke()) model_policy::yield();
  guard.restore();
  const int before = spawned.load(relaxed);
  worker.join();
  check(spawned.load(relaxed) == before, "a spawn came after the close");
}

// pass_coreless() beside a takeover: two who revoke the same guard. One restores it for both, so they take turns.
void passer_beside_taker(bool in_turn) {
  sched::basic_guard<model_policy> guard;
  model_policy::mutex hand_over;
  atomic<bool> lost{false};
  cell<int> held{1};
  guard.leave();
  thread taker([&] {
    hand_over.lock();
    if (guard.revoke()) {
      lost.store(true, release);
      held.set(0);
      guard.restore();
    }
    hand_over.unlock();
  });
  thread passer([&] {
    if (!lost.load(acquire)) return;
    if (in_turn) hand_over.lock();
    if (guard.revoke()) guard.restore();
    if (in_turn) hand_over.unlock();
  });
  guard.enter();
  (void)held.get();
  taker.join();
  passer.join();
}

void right_of_two() {
  shard::basic_poll_right<model_policy> right;
  cell<int> turns{0};
  int both = 0;
  const auto turn = [&] {
    if (!right.try_take()) return;
    turns.set(turns.get() + 1);
    ++both;
    right.give_back(1);
  };
  thread other(turn);
  turn();
  other.join();
  check(turns.get() == both, "two turned at once");
  check(right.last_turn() == 1 && !right.is_late(1 + shard::late_after), "a shard that was turned is late");
  check(right.is_late(2 + shard::late_after), "a shard that nobody turns is not late");
  check(right.try_take() && !right.is_late(2 + shard::late_after),
        "a shard that is turned now is late, or held for ever");
}

using change = mutant::change;

const equivalents same{{change::blind, "try_take", "load", "the look only spares the exchange that decides"}};

}  // namespace

TEST_CASE("a core is touched by its owner or by a taker, never by both") {
  passes(owner_against_taker);
  passes({.preemptions = 3, .stale_reads = 3}, owner_against_two_visits);
}
TEST_CASE("a core that is taken over is not touched any more by the thread that lost it") {
  passes(holder_against_successor);
}
TEST_CASE("whoever passes the guard of a thread that is just losing its core waits for the taker") {
  passes([] { passer_beside_taker(true); });
  fails("race", [] { passer_beside_taker(false); });
}
TEST_CASE("what is stored before every guard was passed is seen by whoever enters later") { passes(flag_then_pass); }
TEST_CASE("one thread at a time has the right to turn a shard") { passes(right_of_two); }

TEST_CASE("mutants of the guard are caught") {
  catches({change::weaken, "enter", "store"}, owner_against_taker);
  catches({change::weaken, "enter", "load"}, owner_against_taker);
  catches({change::blind, "enter", "load"}, owner_against_taker);
  catches({change::drop_write, "enter", "store"}, owner_against_taker);
  catches({change::weaken, "revoke", "store"}, owner_against_taker);
  catches({change::weaken, "revoke", "load"}, owner_against_taker);
  catches({change::blind, "revoke", "load"}, owner_against_taker);
  catches({change::weaken, "leave", "store"}, owner_against_taker);
  catches({change::weaken, "restore", "store"}, owner_against_taker);
  catches({change::blind, "await_restored", "load"}, owner_against_taker);
}

TEST_CASE("mutants of the guard are caught by a takeover, too") {
  catches({change::weaken, "enter", "load"}, holder_against_successor);
  catches({change::drop_write, "enter", "store"}, holder_against_successor);
  catches({change::weaken, "revoke", "store"}, holder_against_successor);
  catches({change::blind, "revoke", "load"}, holder_against_successor);
  catches({change::weaken, "leave", "store"}, holder_against_successor);
  catches({change::weaken, "restore", "store"}, holder_against_successor);
}

TEST_CASE("mutants of the poll right are caught") {
  catches({change::split, "try_take", "exchange"}, right_of_two);
  catches({change::weaken, "try_take", "exchange"}, right_of_two);
  catches({change::weaken, "give_back", "store"}, right_of_two);
}
