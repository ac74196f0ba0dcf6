// Readiness under every interleaving: events against polls, clears, a second poller, a crowd of waiters, and a slot
// that changes tenants. The tick and the generation have two bits here, so both wrap.
#include <doctest/doctest.h>

#include "explorer/expect.hpp"
#include "explorer/model_policy.hpp"
#include "runtime/io/crowd.hpp"
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
using crowd = io::basic_crowd<model_policy, stub_key>;

// A kernel with one descriptor: bytes arrive, then the event is delivered. A read takes what is there. Relaxed, so that
// it is the readiness word that orders a byte before the read that its event causes.
struct kernel {
  half& source;
  crowd* beside = nullptr;
  atomic<int> bytes{0};

  void deliver(std::uint32_t generation = 0, ready bits = ready::readable) {
    stub_key waiter;
    bool others = false;
    const auto outcome = source.event(generation, bits, waiter, others);
    if (outcome == event_outcome::wake) {
      check(waiter.task != nullptr && waiter.generation == 1, "a torn key was woken");
      waiter.task->woken.set();
    }
    if (others && beside) (void)beside->wake_all([](stub_key who) { who.task->woken.set(); });
  }
  void arrive() {
    bytes.fetch_add(1, relaxed);
    deliver();
  }
  void stop() { deliver(0, ready::gone); }
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

// The same beside others: the byte that was taken by one is looked for by all.
void consume_beside(kernel& k, task_stub& me) {
  for (io::seat at = 0;;) {
    const readiness seen = k.beside->wait(k.source, 0, ready::readable, {&me, 1}, at).value();
    if (!seen) {
      me.woken.wait();
    } else if (k.read()) {
      return;
    } else {
      k.source.clear(seen, ready::readable);
    }
  }
}

void one_beside() {
  half source;
  crowd others;
  kernel k{source, &others};
  task_stub task;
  thread events([&] { k.arrive(); });
  consume_beside(k, task);
  events.join();
}

// Two tasks wait for one direction, each for one byte.
void two_beside() {
  half source;
  crowd others;
  kernel k{source, &others};
  task_stub one, two;
  thread events([&] {
    k.arrive();
    k.arrive();
  });
  thread second([&] { consume_beside(k, two); });
  consume_beside(k, one);
  second.join();
  events.join();
}

// One of the crowd and the one poller, woken by the same event; whoever finds nothing waits for the next.
void poller_and_crowd() {
  half source;
  crowd others;
  kernel k{source, &others};
  task_stub alone, beside;
  thread events([&] {
    k.arrive();
    k.arrive();
  });
  thread second([&] { consume_beside(k, beside); });
  consume(k, alone, 1);
  second.join();
  events.join();
}

// One of two leaves: the other is woken, though it took the seat that was left.
void one_leaves() {
  half source;
  crowd others;
  kernel k{source, &others};
  task_stub leaver, stays;
  thread events([&] { k.arrive(); });
  io::seat at = 0;
  (void)others.wait(source, 0, ready::readable, {&leaver, 1}, at);
  const io::seat copy = at;
  others.leave(at);
  consume_beside(k, stays);
  io::seat old = copy;
  others.leave(old);  // names nobody any more
  events.join();
}

// A clear is no event and a waiter that comes is none: what was seen is cleared although somebody sat down meanwhile.
void clear_among_waiters() {
  half source;
  crowd others;
  stub_key nobody;
  (void)source.event(0, ready::readable, nobody);
  const readiness seen = source.look(ready::readable);
  task_stub waits;
  thread beside([&] {
    io::seat at = 0;
    (void)others.wait(source, 0, ready::priority, {&waits, 1}, at);
    others.leave(at);
  });
  source.clear(seen, ready::readable);
  check(!source.look(ready::readable), "a clear was lost to a waiter");
  beside.join();
}

// An event between the look and the clear wins, whoever waits.
void clear_after_event() {
  half source;
  stub_key nobody;
  (void)source.event(0, ready::readable, nobody);
  const readiness seen = source.look(ready::readable);
  atomic<int> told{0};
  thread newer([&] {
    stub_key none;
    (void)source.event(0, ready::readable, none);
    told.store(1, release);
  });
  source.clear(seen, ready::readable);
  newer.join();
  check(bool(source.look(ready::readable)), "a clear took a newer event away");
}

// A source is taken away from under one who comes to wait: he finds it closed, is told that it is gone, or is woken.
void taken_back() {
  half source;
  crowd others;
  kernel k{source, &others};
  atomic<int> open{1};
  task_stub late;
  thread owner([&] {
    open.store(0, relaxed);
    k.deliver();
    source.retire();
    (void)others.wake_all([](stub_key who) { who.task->woken.set(); });
  });
  const auto tenant = source.tenant();
  if (open.load(relaxed) == 1) {
    io::seat at = 0;
    const auto seen = others.wait(source, tenant, ready::readable, {&late, 1}, at);
    if (seen && !*seen) late.woken.wait();
  }
  owner.join();
}

// The slot has its second tenant: who waits for him names him, and is woken by his event.
void second_tenant_beside() {
  half source;
  crowd others;
  task_stub task;
  source.retire();
  thread events([&] {
    stub_key nobody;
    bool more = false;
    (void)source.event(1, ready::readable, nobody, more);
    if (more) (void)others.wake_all([](stub_key who) { who.task->woken.set(); });
  });
  io::seat at = 0;
  const auto seen = others.wait(source, source.tenant(), ready::readable, {&task, 1}, at);
  check(seen.has_value(), "who waits for the tenant that is there is told that he is gone");
  if (!*seen) task.woken.wait();
  events.join();
}

// Reads what comes until there is nothing that could bring more.
void consume_to_the_end(kernel& k, task_stub& me) {
  for (;;) {
    const readiness seen = k.source.wait(ready::readable, {&me, 1});
    if (io::any(seen.bits & ready::gone)) return;
    if (!seen) {
      me.woken.wait();
    } else if (!k.read()) {
      k.source.clear(seen, ready::readable);
    }
  }
}

// The reactor stops while its last event is delivered by another thread.
void stopped() {
  half source;
  kernel k{source};
  task_stub task;
  thread events([&] { k.arrive(); });
  thread stopper([&] { k.stop(); });
  consume_to_the_end(k, task);
  stopper.join();
  events.join();
  check(io::any(source.look(ready::none).bits & ready::gone), "what is gone is forgotten");
}

// It stops while somebody comes to wait beside, and while another one clears what he saw.
void stopped_beside() {
  half source;
  crowd others;
  kernel k{source, &others};
  stub_key nobody;
  (void)source.event(0, ready::priority, nobody);
  const readiness seen = source.look(ready::priority);
  task_stub task;
  thread stopper([&] { k.stop(); });
  thread clears([&] { source.clear(seen, ready::priority); });
  for (io::seat at = 0;;) {
    const readiness told = others.wait(source, 0, ready::readable, {&task, 1}, at).value();
    if (io::any(told.bits & ready::gone)) break;
    task.woken.wait();
  }
  clears.join();
  stopper.join();
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

TEST_CASE("[NX-17] of a crowd everybody is woken by the next event, and so is the poller beside it") {
  passes(wide, one_beside);
  passes({.preemptions = 2, .stale_reads = 1}, two_beside);
  passes({.preemptions = 3, .stale_reads = 1}, poller_and_crowd);
  passes(wide, one_leaves);
}

TEST_CASE("[NX-17] who comes to wait while the source is taken back does not wait for ever") {
  passes(wide, taken_back);
  passes(wide, second_tenant_beside);
}

TEST_CASE("[NX-17] a clear is not lost to a waiter and does not take a newer event away") {
  passes(wide, clear_among_waiters);
  passes(wide, clear_after_event);
}

TEST_CASE("[NX-17] whoever waits for a source learns that its reactor has stopped, whatever happens besides") {
  passes({.preemptions = 3, .stale_reads = 2}, stopped);
  passes({.preemptions = 3, .stale_reads = 2}, stopped_beside);
}

TEST_CASE("mutants of the readiness word are caught") {
  catches({change::drop_write, "join", "cas"}, two_beside);
  catches({change::split, "join", "cas"}, two_beside);
  catches({change::split, "event", "cas"}, two_beside);
  catches({change::split, "clear", "cas"}, clear_after_event);
  catches({change::drop_write, "event", "cas"}, two_events);
  catches({change::split, "event", "cas"}, two_events);
  catches({change::split, "set_waiter", "cas"}, two_events);
  catches({change::drop_write, "set_waiter", "cas"}, two_events);
  catches({change::split, "clear", "cas"}, two_events);
  catches({change::split, "event", "cas"}, two_turners);
  catches({change::weaken, "set_waiter", "cas"}, second_poller);
  catches({change::weaken, "event", "load"}, rewritten_key);
  catches({change::drop_write, "drop_waiter", "cas"}, rewritten_key);
  catches({change::drop_write, "event", "cas"}, stopped);
  catches({change::split, "event", "cas"}, stopped);
  catches({change::split, "clear", "cas"}, stopped);
  catches({change::split, "join", "cas"}, stopped_beside);
  catches({change::drop_write, "retire", "store"}, slot_reuse);
  catches({change::weaken, "retire", "store"}, taken_back);
  catches({change::weaken, "tenant", "load"}, taken_back);
  catches({change::blind, "tenant", "load"}, second_tenant_beside);
  catches({change::blind, "join", "load"}, second_tenant_beside);
}

TEST_CASE("every order of the readiness word is needed") {
  const auto all = [] {
    two_events();
    second_poller();
    rewritten_key();
    one_beside();
  };
  CHECK(needless_orders({}, all).empty());
}
