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
  s.check_all(2);
}

}  // namespace

TEST_CASE("an owner and two thieves run every task once") { passes({.preemptions = 3}, owner_against_two_thieves); }
TEST_CASE("a slow thief never takes what a slot holds on the next round") {
  passes({.preemptions = 4}, round_the_ring);
}
TEST_CASE("a full ring overflows without losing a task to a thief's race") {
  passes({.preemptions = 3}, overflow_against_thief);
}
TEST_CASE("loot may be stolen again") { passes({.preemptions = 3}, loot_is_stolen_again); }
TEST_CASE("the length of a moving queue is never more than it was") { passes(length_is_never_more_than_it_was); }

// Not shown here: the acquire in try_push() and the acquire half of advance_head() keep reads of a slot before its
// reuse, and the explorer never lets a load see a store that comes later in the execution.
TEST_CASE("each other order and each write of the run queue is needed") {
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
