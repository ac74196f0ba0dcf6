// The injector and its lock: pushes, pops, closing, and the look of a worker that is about to sleep.
#include <doctest/doctest.h>

#include <array>

#include "explorer/expect.hpp"
#include "explorer/model_policy.hpp"
#include "runtime/queue/injector.hpp"

using namespace tokiod;
using namespace tokiod::model;
using queue::chain;

namespace {

struct item {
  cell<item*> next;
  cell<int> payload;
  cell<int> runs;
};

using inbox = queue::injector<model_policy, item>;

struct scene {
  inbox injected;
  std::array<item, 4> items;

  bool push(std::size_t index) {
    items[index].payload.set(7);
    return injected.push(&items[index]);
  }
  void run(chain<item> tasks) {
    std::uint32_t count = 0;
    for (item* at = tasks.first; at != nullptr; at = at->next.get(), ++count) {
      check(at->payload.get() == 7, "an item is run before what it carries was written");
      at->runs.set(at->runs.get() + 1);
    }
    check(count == tasks.count, "a chain has another length than it says");
  }
  void check_all(std::size_t pushed) {
    check(injected.length() == 0, "the count is not the length");
    for (std::size_t i = 0; i < pushed; ++i) check(items[i].runs.get() == 1, "an item is run twice, or lost");
  }
};

void two_pushers_and_a_popper() {
  scene s;
  thread one([&] { check(s.push(0), "refused though open"); });
  thread two([&] {
    s.items[1].payload.set(7);
    s.items[2].payload.set(7);
    s.items[1].next.set(&s.items[2]);
    s.items[2].next.set(nullptr);
    check(s.injected.push_chain({&s.items[1], &s.items[2], 2}), "refused though open");
  });
  s.run(s.injected.pop(2));
  one.join();
  two.join();
  s.run(s.injected.pop(3));
  s.check_all(3);
  check(s.injected.taken() == 3, "taken, and not counted");
}

// A worker spills chains and takes its newest ones, while another one takes the oldest.
void two_ends_of_what_is_spilled() {
  scene s;
  const auto spill = [&](std::size_t index) {
    s.items[index].payload.set(7);
    s.items[index].next.set(nullptr);
    check(s.injected.spill({&s.items[index], &s.items[index], 1}), "refused though open");
  };
  thread thief([&] { s.run(s.injected.pop(1, queue::pop_order::oldest)); });
  spill(0);
  spill(1);
  spill(2);  // there is room for two
  s.run(s.injected.pop(2, queue::pop_order::newest));
  thief.join();
  s.run(s.injected.pop(4));
  s.check_all(3);
  check(s.injected.taken() == 3, "taken, and not counted");
}

// A push comes before the close, and is popped, or after it, and is refused.
void close_against_push() {
  scene s;
  bool accepted = false;
  thread pusher([&] { accepted = s.push(0); });
  check(s.injected.close(), "closed twice");
  const chain<item> rest = s.injected.pop(4);
  s.run(rest);
  pusher.join();
  check(s.injected.length() == 0, "something was let in after the close");
  check((rest.count == 1) == accepted, "accepted and lost, or refused and kept");
}

// The worker says that it sleeps and looks once more; who pushes looks afterwards whether somebody sleeps.
void last_look_of_a_sleeper() {
  scene s;
  atomic<int> asleep{0};
  bool woken = false;
  thread pusher([&] {
    check(s.push(0), "refused though open");
    woken = asleep.load(seq_cst) == 1;
  });
  asleep.exchange(1, seq_cst);
  const bool found = s.injected.waiting().from_others;
  pusher.join();
  check(found || woken, "a task is waiting, the worker sleeps, and nobody wakes it");
  s.run(s.injected.pop(1));
  s.check_all(1);
}

// Whoever is let in may destroy the lock with what it guards.
void lock_dies_behind_its_last_holder() {
  auto* lock = new basic_spin_lock<model_policy>();
  cell<int> guarded{0};
  thread other([&] {
    lock->lock();
    guarded.set(1);
    lock->unlock();
  });
  for (bool over = false; !over;) {
    lock->lock();
    over = guarded.get() == 1;
    lock->unlock();
    if (!over) model_policy::yield();
  }
  delete lock;
  other.join();
}

void try_lock_excludes() {
  basic_spin_lock<model_policy> lock;
  cell<int> guarded{0};
  thread other([&] {
    if (!lock.try_lock()) return;
    guarded.set(guarded.get() + 1);
    lock.unlock();
  });
  lock.lock();
  guarded.set(guarded.get() + 1);
  lock.unlock();
  other.join();
}

}  // namespace

TEST_CASE("two pushers and a popper lose nothing and keep the count") { passes(two_pushers_and_a_popper); }
TEST_CASE("both ends of what is spilled are taken once") { passes(two_ends_of_what_is_spilled); }
TEST_CASE("a push meets the close: popped or refused") { passes(close_against_push); }
TEST_CASE("a sleeper's last look and a pusher's look at the sleepers never both miss") {
  passes(last_look_of_a_sleeper);
}
TEST_CASE("a spin lock may be destroyed as soon as it is taken again") { passes(lock_dies_behind_its_last_holder); }
TEST_CASE("a lock that was tried excludes as one that was waited for") { passes(try_lock_excludes); }

TEST_CASE("each order and each write of the injector and its lock is needed") {
  using enum mutant::change;
  catches({.how = weaken, .function = "lock", .operation = "exchange"}, two_pushers_and_a_popper);
  catches({.how = split, .function = "lock", .operation = "exchange"}, two_pushers_and_a_popper);
  catches({.how = weaken, .function = "unlock", .operation = "store"}, two_pushers_and_a_popper);
  catches({.how = drop_write, .function = "unlock", .operation = "store"}, two_pushers_and_a_popper);
  catches({.how = weaken, .function = "try_lock", .operation = "exchange"}, try_lock_excludes);
  catches({.how = split, .function = "try_lock", .operation = "exchange"}, try_lock_excludes);
  catches({.how = drop_write, .function = "publish_count", .operation = "store"}, two_pushers_and_a_popper);
  catches({.how = drop_write, .function = "pop", .operation = "store"}, two_pushers_and_a_popper);
  catches({.how = drop_write, .function = "publish_count", .operation = "store"}, two_ends_of_what_is_spilled);
  catches({.how = weaken, .function = "lock", .operation = "exchange"}, two_ends_of_what_is_spilled);
  catches({.how = weaken, .function = "publish_count", .operation = "store", .to = release}, last_look_of_a_sleeper);
  catches({.how = weaken, .function = "waiting", .operation = "load", .to = acquire}, last_look_of_a_sleeper);
}
