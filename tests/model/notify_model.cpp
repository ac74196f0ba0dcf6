// The word of the SDK's notify, which is the lock of its list as well, with mutants.
#include "tokio/sync/notify.hpp"

#include <doctest/doctest.h>

#include "explorer/expect.hpp"
#include "sync_policy.hpp"

using namespace tokiod::model;
using tokiod::relaxed;

namespace {

using P = sync_policy;
using change = mutant::change;
using bell_core = tokio::sync::notify_core<P>;

struct bell {
  bell_core core;
  cell<int> data{0};
};

void wait_in(bell& b, bell_core::waiter& node) {
  sync_task task;
  if (b.core.wait(node, task.waker())) return;
  do task.park();
  while (!b.core.poll_waiter(node, task.waker()));
}

void wait_for(bell& b) {
  bell_core::waiter node(b.core.round());
  wait_in(b, node);
}

// Ready at its first poll? It does not stay in line.
bool ready_at_once(bell& b, bell_core::waiter& node) {
  sync_task task;
  const bool ready = b.core.wait(node, task.waker());
  if (!ready) b.core.cancel(node);
  return ready;
}

void notify_against_wait() {
  bell b;
  thread notifier([&] {
    b.data.set(1);
    b.core.notify_one(bell_core::told::first);
  });
  wait_for(b);
  check(b.data.get() == 1, "what was written before the notification is not seen");
  notifier.join();
}

// Notified already: the second caller's writes must be seen by who consumes (the rule is that of tokio's issue 7622).
void second_notification_publishes() {
  bell b;
  atomic<int> told(0);
  b.core.notify_one(bell_core::told::first);
  thread notifier([&] {
    b.data.set(1);
    b.core.notify_one(bell_core::told::first);
    told.store(1, relaxed);
  });
  const bool after = told.load(relaxed) == 1;
  wait_for(b);
  if (after) check(b.data.get() == 1, "a notification that was kept already published nothing");
  notifier.join();
}

void notify_waiters_against_wait() {
  bell b;
  bell_core::waiter node(b.core.round());
  thread notifier([&] { b.core.notify_waiters(); });
  wait_in(b, node);
  notifier.join();
}

// One future stands in line, the other was only made: both see what the notifier wrote.
void notify_waiters_publishes() {
  bell b;
  sync_task first;
  bell_core::waiter in_line(b.core.round());
  bell_core::waiter only_made(b.core.round());
  check(!b.core.wait(in_line, first.waker()), "nobody has notified yet");
  thread notifier([&] {
    b.data.set(1);
    b.core.notify_waiters();
  });
  if (ready_at_once(b, only_made)) check(b.data.get() == 1, "notify_waiters published nothing");
  b.core.cancel(in_line);
  notifier.join();
}

// A future of a later round waits for a notification of its own.
void a_later_round_waits() {
  bell b;
  b.core.notify_waiters();
  bell_core::waiter later(b.core.round());
  check(!ready_at_once(b, later), "a notification of all was kept");
}

// So does one that has heard and waits anew.
void heard_and_waits_anew() {
  bell b;
  sync_task task;
  bell_core::waiter node(b.core.round());
  check(!b.core.wait(node, task.waker()), "nobody has notified yet");
  b.core.notify_waiters();
  check(b.core.poll_waiter(node, task.waker()), "a notification of all is lost");
  node.wait_anew(b.core.round());
  check(!b.core.wait(node, task.waker()) && !b.core.poll_waiter(node, task.waker()), "it hears the same twice");
  b.core.cancel(node);
}

// What closed() of the channels stands on: a future made after the call sees what was written before it.
void a_later_round_sees() {
  bell b;
  thread notifier([&] {
    b.data.set(1);
    b.core.notify_waiters();
  });
  if (b.core.round() == 1) check(b.data.get() == 1, "a new round shows nothing");
  notifier.join();
}

// One notification, two waiters, the first of which gives up: the other one is let through.
void cancel_forwards() {
  bell b;
  sync_task first;
  bell_core::waiter node(b.core.round());
  check(!b.core.wait(node, first.waker()), "nobody has notified yet");
  thread second([&] { wait_for(b); });
  thread notifier([&] { b.core.notify_one(bell_core::told::first); });
  b.core.cancel(node);
  second.join();
  notifier.join();
}

// Kept for one: of two that come, one is let through.
void kept_for_one() {
  bell b;
  b.core.notify_one(bell_core::told::first);
  const auto consume = [&](bool& through) {
    bell_core::waiter node(b.core.round());
    through = ready_at_once(b, node);
  };
  bool mine = false, theirs = false;
  thread other([&] { consume(theirs); });
  consume(mine);
  other.join();
  check(mine != theirs, "a kept notification was taken twice, or is lost");
}

// A notification that comes while all are notified is kept for the next one.
void one_beside_all() {
  bell b;
  thread all([&] { b.core.notify_waiters(); });
  b.core.notify_one(bell_core::told::first);
  all.join();
  bell_core::waiter node(b.core.round());
  check(ready_at_once(b, node), "a notification is lost");
}

// Who was let through may free it at once: the notifier has left it.
void freed_by_who_heard() {
  auto* b = new bell;
  bell_core::waiter node(b->core.round());
  sync_task task;
  const bool ready = b->core.wait(node, task.waker());
  check(!ready, "nobody has notified yet");
  thread notifier([b] { b->core.notify_one(bell_core::told::first); });
  while (!b->core.poll_waiter(node, task.waker())) execution::current().yield();
  delete b;
  notifier.join();
}

// Another task polls it than before: that one is woken, or finds out at once.
void moves_while_notified() {
  bell b;
  sync_task before(1), now(2);
  bell_core::waiter node(b.core.round());
  check(!b.core.wait(node, before.waker()), "nobody has notified yet");
  thread notifier([&] {
    b.data.set(1);
    b.core.notify_one(bell_core::told::first);
  });
  while (!b.core.poll_waiter(node, now.waker())) now.park();
  check(b.data.get() == 1, "what was written before the notification is not seen");
  notifier.join();
}

// Nobody is left to forward it to: it is kept, and publishes still.
void forwarded_and_kept() {
  bell b;
  sync_task first;
  bell_core::waiter node(b.core.round());
  check(!b.core.wait(node, first.waker()), "nobody has notified yet");
  thread notifier([&] {
    b.data.set(1);
    b.core.notify_one(bell_core::told::first);
  });
  thread later([&] {
    bell_core::waiter next(b.core.round());
    if (ready_at_once(b, next)) check(b.data.get() == 1, "a forwarded notification published nothing");
  });
  b.core.cancel(node);
  notifier.join();
  later.join();
}

constexpr std::string_view a_guess = "only a guess: the CAS behind it fails on it and reads again";

const equivalents same{
    {change::blind, "notify_one", "load", a_guess},
    {change::blind, "notify_waiters", "load", a_guess},
    {change::blind, "lock", "load", a_guess},
};

}  // namespace

TEST_CASE("[SN] a notification is not lost and publishes") { passes(notify_against_wait); }
TEST_CASE("[SN] a notification that was kept already publishes too") { passes(second_notification_publishes); }
TEST_CASE("[SN] notify_waiters reaches a future that was made before") { passes(notify_waiters_against_wait); }
TEST_CASE("[SN] notify_waiters publishes to all, polled or not") { passes(notify_waiters_publishes); }
TEST_CASE("[SN] a future of a later round sees what came before it") { passes(a_later_round_sees); }
TEST_CASE("[SN] a future of a later round waits") { passes(a_later_round_waits); }
TEST_CASE("[SN] a future that has heard and waits anew hears nothing twice") { passes(heard_and_waits_anew); }
TEST_CASE("[SN] a cancelled waiter passes its notification on") { passes(cancel_forwards); }

TEST_CASE("[SN] who hears of a notification may free the notify at once") { passes(freed_by_who_heard); }
TEST_CASE("[SN] a waiter that moves to another task is woken there") { passes(moves_while_notified); }
TEST_CASE("[SN] a kept notification is for one") { passes(kept_for_one); }
TEST_CASE("[SN] a notification beside a notification of all is kept") { passes(one_beside_all); }
TEST_CASE("[SN] a notification that nobody is left for is kept and publishes") { passes(forwarded_and_kept); }

TEST_CASE("[SN] every order and every step of the notify's word is needed") {
  catches({change::weaken, "notify_one", "cas"}, second_notification_publishes);
  catches({change::weaken, "wait", "cas"}, notify_against_wait);
  catches({change::weaken, "tell"}, moves_while_notified);
  catches({change::weaken, "unlock"}, cancel_forwards);
  catches({change::weaken, "lock"}, cancel_forwards);
  catches({change::weaken, "round"}, a_later_round_sees);
  catches({change::weaken, "notify_waiters"}, a_later_round_sees);
  catches({change::drop_write, "notify_one"}, notify_against_wait);
  catches({change::drop_write, "wait"}, notify_against_wait);
  catches({change::drop_write, "notify_waiters"}, notify_waiters_against_wait);
  catches({change::blind, "poll_waiter"}, freed_by_who_heard);
}
