// Readiness under every interleaving: events against polls, clears, a second poller, and a slot that changes tenants.
// The tick and the generation have two bits here, so both wrap.
#include <doctest/doctest.h>

#include "explorer/expect.hpp"
#include "explorer/model_policy.hpp"
#include "runtime/io/readiness.hpp"

namespace {

using namespace tokiod;
using namespace tokiod::model;
using io::event_outcome;
using io::readiness;
using io::ready;

struct task_stub {
  model::event woken;
};
struct stub_key {
  task_stub* task = nullptr;
  std::uint64_t generation = 0;
  friend bool operator==(const stub_key&, const stub_key&) = default;
};
using half = io::basic_readiness<model_policy, stub_key>;

// A kernel with one descriptor: bytes arrive, then the event is delivered. A read takes what is there. Relaxed, so that
// it is the readiness word that orders a byte before the read that its event causes.
struct kernel {
  half& source;
  atomic<int> bytes{0};

  void deliver(std::uint32_t generation = 0) {
    stub_key waiter;
    if (source.event(generation, ready::readable, waiter) != event_outcome::wake) return;
    check(waiter.task != nullptr && waiter.generation == 1, "a torn key was woken");
    waiter.task->woken.set();
  }
  void arrive() {
    bytes.fetch_add(1, relaxed);
    deliver();
  }
  bool read() {
    int there = bytes.load(relaxed);
    while (there > 0)
      if (bytes.compare_exchange_strong(there, there - 1, relaxed, relaxed)) return true;
    return false;
  }
};

// What a task that wants `count` bytes does: look, read, clear when there was nothing, sleep until woken.
void consume(kernel& k, task_stub& me, int count) {
  while (count > 0) {
    const readiness seen = k.source.wait(ready::readable, {&me, 1});
    if (!seen) {
      me.woken.wait();
    } else if (k.read()) {
      --count;
    } else {
      k.source.clear(seen, ready::readable);
    }
  }
}

void two_events() {
  half source;
  kernel k{source};
  task_stub task;
  thread events([&] {
    k.arrive();
    k.arrive();
  });
  consume(k, task, 2);
  events.join();
}

// Two threads turn the reactor, each with one event.
void two_turners() {
  half source;
  kernel k{source};
  task_stub task;
  thread one([&] { k.arrive(); });
  thread two([&] { k.arrive(); });
  consume(k, task, 2);
  one.join();
  two.join();
}

// A first task gives up waiting (its timeout came), a second one polls: it must be woken, whoever wakes besides.
void second_poller() {
  half source;
  kernel k{source};
  task_stub gives_up, stays;
  thread events([&] { k.arrive(); });
  (void)source.wait(ready::readable, {&gives_up, 1});
  consume(k, stays, 1);
  events.join();
}

// An event that was fetched for the first tenant is delivered while the slot changes hands.
void slot_reuse() {
  half source;
  kernel k{source};
  task_stub old_tenant, new_tenant;
  thread late([&] { k.deliver(0); });
  (void)source.wait(ready::readable, {&old_tenant, 1});
  source.retire();
  const readiness seen = source.wait(ready::readable, {&new_tenant, 1});
  check(!seen, "the new tenant sees the old one's event");
  late.join();
  check(!source.look(ready::readable), "the new tenant was marked by the old one's event");
  stub_key waiter;
  check(source.event(1, ready::readable, waiter) == event_outcome::wake, "the new tenant's waiter is lost");
  check(waiter.task == &new_tenant, "the wrong task is woken");
  source.retire();
  check(source.event(1, ready::readable, waiter) == event_outcome::stale, "the third tenant hears of the second's end");
}

// A look that finds bytes has them: the event that told of them ordered them before it.
void look_without_waiting() {
  half source;
  kernel k{source};
  thread events([&] { k.arrive(); });
  if (source.look(ready::readable)) check(k.read(), "an event is seen before its bytes");
  events.join();
  check(bool(source.look(ready::readable)), "an event is lost");
}

// While a key is rewritten for another waiter, an event must take a whole one.
void rewritten_key() {
  half source;
  task_stub a, b;
  thread events([&] {
    stub_key waiter;
    if (source.event(0, ready::readable, waiter) != event_outcome::wake) return;
    check((waiter.task == &a && waiter.generation == 1) || (waiter.task == &b && waiter.generation == 2),
          "a torn key was woken");
  });
  (void)source.wait(ready::readable, {&a, 1});
  (void)source.wait(ready::readable, {&b, 2});
  events.join();
}

using change = mutant::change;

constexpr bounds wide{.preemptions = 4, .stale_reads = 3};

}  // namespace

TEST_CASE("every byte reaches the reader, whatever the order of events, reads and clears") {
  passes(wide, two_events);
  passes(wide, two_turners);
}

TEST_CASE("a second poller is woken although the first one's waiter was registered") { passes(wide, second_poller); }

TEST_CASE("a look that does not wait sees an event with its bytes") { passes(wide, look_without_waiting); }

TEST_CASE("an event of an earlier tenant neither marks nor wakes the next one") { passes(wide, slot_reuse); }

TEST_CASE("a waiter that is replaced while an event comes is woken whole or not at all") {
  passes(wide, rewritten_key);
}

TEST_CASE("mutants of the readiness word are caught") {
  catches({change::drop_write, "event", "cas"}, two_events);
  catches({change::split, "event", "cas"}, two_events);
  catches({change::split, "set_waiter", "cas"}, two_events);
  catches({change::drop_write, "set_waiter", "cas"}, two_events);
  catches({change::split, "clear", "cas"}, two_events);
  catches({change::split, "event", "cas"}, two_turners);
  catches({change::weaken, "set_waiter", "cas"}, second_poller);
  catches({change::weaken, "event", "load"}, rewritten_key);
  catches({change::drop_write, "drop_waiter", "cas"}, rewritten_key);
  catches({change::drop_write, "retire", "store"}, slot_reuse);
}

TEST_CASE("every order of the readiness word is needed") {
  const auto all = [] {
    two_events();
    second_poller();
    rewritten_key();
  };
  CHECK(needless_orders({}, all).empty());
}
