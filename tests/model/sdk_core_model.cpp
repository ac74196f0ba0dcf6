// The SDK's spin lock, and the parker that blocks a thread.
#include "tokio/core/lock.hpp"

#include <doctest/doctest.h>

#include <optional>

#include "explorer/expect.hpp"
#include "sync_policy.hpp"
#include "tokio/sync/park.hpp"

using namespace tokiod::model;

namespace {

// ---- the spin lock

using lock = tokio::basic_spin_lock<sync_policy>;

void two_sections() {
  lock guards;
  cell<int> sum{0};
  const auto add = [&] {
    tokio::lock_scope scope(guards);
    sum.set(sum.get() + 1);
  };
  thread other(add);
  add();
  other.join();
  check(sum.get() == 2, "an addition is lost");
}

// Whoever is let in may free the lock with what it guards.
void lock_dies_behind_its_last_holder() {
  auto* guards = new lock;
  cell<bool> over{false};
  thread other([&] {
    guards->lock();
    over.set(true);
    guards->unlock();
  });
  for (bool seen = false; !seen;) {
    guards->lock();
    seen = over.get();
    guards->unlock();
    if (!seen) sync_policy::spin();
  }
  delete guards;
  other.join();
}

// ---- the parker

// The system's part: a sleeper is blocked on the address, and looks at the newest value before.
struct futex_policy : sync_policy {
  using word = atomic<std::uint32_t>;
  static void sleep_while_zero(word& at) {
    if (at.fetch_add(0, std::memory_order_relaxed) == 0) execution::current().block(&at);
  }
  static void wake_sleeper(word* at) {
    execution::current().step();
    execution::current().unblock(at);
  }
};
using parker = tokio::sync::basic_parker<futex_policy>;

// What a primitive does: the waker stands in it until somebody takes it out and uses it.
struct primitive {
  mutex lock;
  std::optional<tokio::waker> waiting;
  int ready = 0;

  bool poll(tokio::waker who) {
    lock.lock();
    const bool now = ready > 0;
    if (now) --ready;
    waiting = now ? std::nullopt : std::optional(who);
    lock.unlock();
    return now;
  }
  void tell() {
    lock.lock();
    ++ready;
    const auto who = std::exchange(waiting, std::nullopt);
    lock.unlock();
    if (who) reinterpret_cast<parker*>(who->raw().task)->unpark();
  }
};

// The parker is on the stack of the thread that waits, and gone when it was woken for the last time.
void parked_twice() {
  primitive bell;
  cell<int> data{0};
  thread tells([&] {
    data.set(1);
    bell.tell();
    bell.tell();
  });
  for (int told = 0; told < 2; ++told) {
    parker here;
    while (!bell.poll(here.as_waker())) here.park();
  }
  check(data.get() == 1, "what came before the wake is missing");
  tells.join();
}

// One parker for both waits, as block_on() has for all polls of one future.
void parked_again() {
  primitive bell;
  thread one([&] { bell.tell(); });
  thread two([&] { bell.tell(); });
  parker here;
  for (int told = 0; told < 2; ++told)
    while (!bell.poll(here.as_waker())) here.park();
  one.join();
  two.join();
}

// A wake alone orders what the waker did before: here there is no lock that would.
void wake_publishes() {
  parker here;
  cell<int> data{0};
  thread tells([&] {
    data.set(1);
    here.unpark();
  });
  here.park();
  check(data.get() == 1, "what came before the wake is missing");
  tells.join();
}

using change = mutant::change;

}  // namespace

TEST_CASE("a spin lock excludes") { passes(two_sections); }
TEST_CASE("a spin lock may be freed as soon as it is taken again") { passes(lock_dies_behind_its_last_holder); }

TEST_CASE("a thread that parks is woken, each time") {
  passes(parked_twice);
  passes(parked_again);
}
TEST_CASE("what came before the wake is seen by who was parked") { passes(wake_publishes); }

TEST_CASE("mutants of core/ and of the parker are caught") {
  catches({change::weaken, "lock", "exchange"}, two_sections);
  catches({change::split, "lock", "exchange"}, two_sections);
  catches({change::weaken, "unlock", "store"}, two_sections);
  catches({change::weaken, "unpark", "store"}, wake_publishes);
  catches({change::weaken, "park", "load"}, wake_publishes);
  catches({change::drop_write, "unpark", "store"}, parked_twice);
  catches({change::drop_write, "park", "store"}, parked_again);
}
