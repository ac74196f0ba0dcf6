// The run queue: an owner that pushes, claims in batches and overflows, against thieves.
#include <doctest/doctest.h>

#include <array>

#include "explorer/expect.hpp"
#include "explorer/model_policy.hpp"
#include "runtime/queue/run_queue.hpp"

using namespace tokiod;
using namespace tokiod::model;
using queue::chain;

namespace {

struct item {
  cell<item*> next;
  cell<int> payload;  // written before the push, read by whoever runs the item
  cell<int> runs;
};

template <class P>
struct scene {
  using ring = queue::run_queue<P, item>;

  // Where the owner's overflow goes: it is run at once.
  struct overflow_target {
    void overflow(chain<item> tasks) noexcept {
      std::uint32_t count = 0;
      for (item* at = tasks.first; at != nullptr; at = at->next.get(), ++count) run(at);
      check(count == tasks.count, "a chain has another length than it says");
    }
  };

  static void run(item* what) {
    if (what == nullptr) return;
    check(what->payload.get() == 7, "an item is run before what it carries was written");
    what->runs.set(what->runs.get() + 1);
  }

  void push(std::size_t index) {
    items[index].payload.set(7);
    victim.push(&items[index], overflow);
  }
  void run_all(ring& from) {
    while (item* next = from.take()) run(next);
  }
  void steal_and_run(ring& mine, ring& from) {
    run(mine.steal_from(from));
    run_all(mine);
  }
  void check_all(std::size_t pushed) {
    for (std::size_t i = 0; i < pushed; ++i) check(items[i].runs.get() == 1, "an item is run twice, or lost");
  }

  ring victim;
  overflow_target overflow;
  std::array<item, 8> items;
};

using small = scene<model_policy>;  // four slots, batches of two

void owner_against_two_thieves() {
  small s;
  s.push(0);
  s.push(1);
  small::ring of_one;
  small::ring of_two;
  thread one([&] { s.steal_and_run(of_one, s.victim); });
  thread two([&] { s.steal_and_run(of_two, s.victim); });
  s.push(2);
  small::run(s.victim.take());
  s.push(3);
  s.run_all(s.victim);
  one.join();
  two.join();
  s.check_all(4);
}

// The owner goes round the ring while a thief is slow.
void round_the_ring() {
  small s;
  small::ring of_thief;
  for (std::size_t i = 0; i < 4; ++i) s.push(i);
  thread thief([&] { s.steal_and_run(of_thief, s.victim); });
  small::run(s.victim.take());
  s.push(4);
  small::run(s.victim.take());
  s.push(5);
  s.run_all(s.victim);
  thief.join();
  s.check_all(6);
}

// The ring is full when the owner pushes, and a thief makes room or not.
void overflow_against_thief() {
  small s;
  small::ring of_thief;
  for (std::size_t i = 0; i < 4; ++i) s.push(i);
  thread thief([&] {
    s.steal_and_run(of_thief, s.victim);
    s.steal_and_run(of_thief, s.victim);
  });
  s.push(4);
  s.push(5);
  s.run_all(s.victim);
  thief.join();
  s.check_all(6);
}

// A thief's own ring is robbed while the loot goes into it.
void loot_is_stolen_again() {
  small s;
  small::ring of_one;
  small::ring of_two;
  for (std::size_t i = 0; i < 4; ++i) s.push(i);
  thread one([&] { s.steal_and_run(of_one, s.victim); });
  thread two([&] { s.steal_and_run(of_two, of_one); });
  one.join();
  two.join();
  s.run_all(s.victim);
  s.check_all(4);
}

// A look at a moving queue may miss what is new, but never sees more than there ever was.
void length_is_never_more_than_it_was() {
  small s;
  thread looks([&] { check(s.victim.length() <= 2, "a queue looks longer than it ever was"); });
  s.push(0);
  s.push(1);
  s.run_all(s.victim);
  looks.join();
  check(s.victim.length() == 0, "an empty queue has a length");
  s.check_all(2);
}

// Positions grow for ever, and all of this works on the second round as on the first: an overflow, a theft, and a theft
// by a ring that is full itself.
void second_round() {
  small s;
  std::array<item, 19> tasks;
  std::size_t next = 0;
  small::ring of_thief;
  const auto fill = [&](small::ring& to, std::size_t count) {
    for (; count > 0; --count, ++next) {
      tasks[next].payload.set(7);
      to.push(&tasks[next], s.overflow);
    }
  };
  for (small::ring* one : {&s.victim, &of_thief}) {
    fill(*one, 4);
    s.run_all(*one);
    check(one->length() == 0, "an empty queue has a length");
  }
  fill(s.victim, 5);  // one too many: the newer half goes
  fill(s.victim, 2);
  fill(of_thief, 4);
  thread thief([&] {
    item* const stolen = of_thief.steal_from(s.victim);
    check(stolen != nullptr, "a theft fails that nobody hinders");
    small::run(stolen);
    s.run_all(of_thief);
  });
  thief.join();
  s.run_all(s.victim);
  for (item& one : tasks) check(one.runs.get() == 1, "an item is run twice, or lost");
}

using change = mutant::change;

const equivalents same{
    {change::weaken, "try_push", "load",
     "keeps a thief's reads of a slot before its reuse: the explorer lets no load see a store that comes later"},
    {change::weaken, "steal_from", "load",
     "the own head: as in try_push(); the victim's: the tail publishes the same, and a stale head fails the CAS"},
    {change::weaken, "spill", "store",
     "a thief of this half has read the head that stands there: it publishes the same"},
    {change::weaken, "length", "load", "the tail: only numbers are compared, and the head came first"},
};

}  // namespace

TEST_CASE("an owner and two thieves run every task once") {
  passes(owner_against_two_thieves);
  passes({.preemptions = 3, .stale_reads = 1}, owner_against_two_thieves);
}
TEST_CASE("a slow thief never takes what a slot holds on the next round") {
  passes({.preemptions = 4}, round_the_ring);
}
TEST_CASE("a full ring overflows without losing a task to a thief's race") {
  passes({.preemptions = 3}, overflow_against_thief);
}
TEST_CASE("loot may be stolen again") { passes({.preemptions = 3}, loot_is_stolen_again); }
TEST_CASE("a ring works on its second round as on its first") { passes(second_round); }
TEST_CASE("the length of a moving queue is never more than it was") { passes(length_is_never_more_than_it_was); }

TEST_CASE("each order and each write of the run queue is needed") {
  using enum mutant::change;
  catches({.how = weaken, .function = "try_push", .operation = "store"}, owner_against_two_thieves);
  catches({.how = drop_write, .function = "try_push", .operation = "store"}, owner_against_two_thieves);
  catches({.how = weaken, .function = "steal_from", .operation = "load"}, owner_against_two_thieves);
  catches({.how = weaken, .function = "steal_from", .operation = "store"}, loot_is_stolen_again);
  catches({.how = split, .function = "advance_head", .operation = "cas"}, owner_against_two_thieves);
  catches({.how = drop_write, .function = "advance_head", .operation = "cas"}, owner_against_two_thieves);
  catches({.how = split, .function = "advance_head", .operation = "cas"}, overflow_against_thief);
  catches({.how = drop_write, .function = "spill", .operation = "store"}, overflow_against_thief);
  catches({.how = weaken, .function = "length", .operation = "load"}, length_is_never_more_than_it_was);
  catches({.how = weaken, .function = "advance_head", .operation = "cas"}, length_is_never_more_than_it_was);
}
