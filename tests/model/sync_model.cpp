// The words of the SDK's oneshot and semaphore, each with mutants; the notify's are in notify_model.cpp.
#include "tokio/sync/semaphore.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>

#include "explorer/expect.hpp"
#include "sync_policy.hpp"
#include "tokio/sync/oneshot.hpp"

using namespace tokiod::model;
using tokiod::acquire;
using tokiod::relaxed;
using tokiod::release;

namespace {

using P = sync_policy;
using change = mutant::change;

// ---- oneshot

struct oneshot_cell : tracked {
  using word_type = tokio::sync::oneshot_word<P>;
  word_type word;
  cell<int> value{0};
};

// The receiver's side: the value, or nothing when the sender left. Frees the cell when it is the last.
std::optional<int> receive(oneshot_cell* shared) {
  using word = oneshot_cell::word_type;
  sync_task task;
  while (true) {
    const auto now = shared->word.look();
    if (now & word::sent) {
      const int value = shared->value.get();
      delete shared;
      return value;
    }
    if (now & word::sender_gone) {
      if (shared->word.leave_receiver(word::receiver_gone) & (word::sent | word::sender_gone)) delete shared;
      return std::nullopt;
    }
    if (shared->word.offer_receiver(now, task.waker())) task.park();
  }
}

void send(oneshot_cell* shared) {
  shared->value.set(7);
  if (shared->word.send()) return;
  (void)shared->value.get();  // taken back
  if (shared->word.leave_sender()) delete shared;
}

void value_against_wait() {
  auto* shared = new oneshot_cell;
  thread sender([&] { send(shared); });
  check(receive(shared) == 7, "the receiver got no value");
  sender.join();
}

void sender_leaves() {
  auto* shared = new oneshot_cell;
  thread sender([&] {
    if (shared->word.leave_sender()) delete shared;
  });
  check(!receive(shared), "a value came from nowhere");
  sender.join();
}

void receiver_leaves() {
  using word = oneshot_cell::word_type;
  auto* shared = new oneshot_cell;
  thread sender([&] { send(shared); });
  const auto before = shared->word.leave_receiver(word::receiver_gone);
  if (before & word::sent) check(shared->value.get() == 7, "the value is not there");
  if (before & (word::sent | word::sender_gone)) delete shared;
  sender.join();
}

// RUSTSEC-2021-0124: after close, send and receive must not touch the value at the same time.
void close_against_send() {
  using word = oneshot_cell::word_type;
  auto* shared = new oneshot_cell;
  thread sender([&] { send(shared); });
  shared->word.leave_receiver(word::closed);
  if (shared->word.look() & word::sent) check(shared->value.get() == 7, "the value is not there");
  if (shared->word.leave_receiver(word::receiver_gone) & (word::sent | word::sender_gone)) delete shared;
  sender.join();
}

// The receiver is polled by one task, then by another: only the second one's waker counts.
void waker_moves() {
  auto* shared = new oneshot_cell;
  sync_task first(2);
  (void)shared->word.offer_receiver(shared->word.look(), first.waker());
  thread sender([&] { send(shared); });
  check(receive(shared) == 7, "the receiver got no value");
  sender.join();
}

void sender_waits_for_close() {
  using word = oneshot_cell::word_type;
  auto* shared = new oneshot_cell;
  thread sender([&] {
    sync_task task;
    while (true) {
      const auto now = shared->word.look();
      if (now & (word::closed | word::receiver_gone)) break;
      if (shared->word.offer_sender(now, task.waker())) task.park();
    }
    if (shared->word.leave_sender()) delete shared;
  });
  if (shared->word.leave_receiver(word::receiver_gone) & (word::sent | word::sender_gone)) delete shared;
  sender.join();
}

// ---- semaphore

struct gate : tracked {
  explicit gate(std::size_t n) : permits(n) {}
  tokio::sync::semaphore_core<P> permits;
  cell<int> guarded{0};
};

using core = tokio::sync::semaphore_core<P>;

bool acquire_parked(gate& g, std::size_t n) {
  sync_task task;
  core::waiter node(n);
  auto now = g.permits.try_acquire(n);
  if (now == core::acquired::no) now = g.permits.acquire_or_wait(node, task.waker());
  while (now == core::acquired::no) {
    task.park();
    now = g.permits.poll_waiter(node, task.waker());
  }
  return now == core::acquired::yes;
}

void exclusion() {
  gate g(1);
  const auto work = [&] {
    check(acquire_parked(g, 1), "an open semaphore is closed");
    g.guarded.set(g.guarded.get() + 1);
    g.permits.release(1);
  };
  thread other(work);
  work();
  other.join();
  check(g.guarded.get() == 2, "an increment was lost");
  check(g.permits.available() == 1, "a permit was lost");
}

// The last use of the semaphore is the acquire: the releaser must not touch it after the waiter was let in.
void freed_by_the_waiter() {
  auto* g = new gate(0);
  thread releaser([&] { g->permits.release(1); });
  check(acquire_parked(*g, 1), "an open semaphore is closed");
  releaser.join();
  delete g;
}

void many_from_two_releases() {
  gate g(0);
  thread one([&] { g.permits.release(1); });
  thread two([&] { g.permits.release(1); });
  check(acquire_parked(g, 2), "an open semaphore is closed");
  one.join();
  two.join();
  check(g.permits.available() == 0, "permits appeared");
}

void cancel_against_release() {
  gate g(0);
  thread releaser([&] { g.permits.release(1); });
  {
    sync_task task;
    core::waiter node(1);
    if (g.permits.acquire_or_wait(node, task.waker()) == core::acquired::no)
      g.permits.cancel(node);
    else
      g.permits.release(1);
  }
  releaser.join();
  check(g.permits.available() == 1, "a cancelled wait lost its permit");
}

// A release that found a line hands the permit to a waiter that has given up: it goes into the word, and publishes.
void handed_out_permit_publishes() {
  gate g(0);
  sync_task task;
  core::waiter node(1);
  check(g.permits.acquire_or_wait(node, task.waker()) == core::acquired::no, "a permit came from nowhere");
  thread releaser([&] {
    g.guarded.set(1);
    g.permits.release(1);
  });
  thread taker([&] {
    if (g.permits.try_acquire(1) == core::acquired::yes) check(g.guarded.get() == 1, "a permit published nothing");
  });
  g.permits.cancel(node);
  releaser.join();
  taker.join();
}

void close_against_wait() {
  gate g(0);
  thread closer([&] { g.permits.close(); });
  check(!acquire_parked(g, 1), "a permit came from nowhere");
  closer.join();
}

// Who finds it closed sees what came before that.
void close_publishes() {
  gate g(0);
  thread closer([&] {
    g.guarded.set(1);
    g.permits.close();
  });
  if (g.permits.try_acquire(1) == core::acquired::closed) check(g.guarded.get() == 1, "close published nothing");
  closer.join();
}

// A release that meets the close: the permit is there afterwards.
void release_against_close() {
  gate g(1);
  check(g.permits.try_acquire(1) == core::acquired::yes, "a permit is missing");
  thread closer([&] { g.permits.close(); });
  g.permits.release(1);
  closer.join();
  check(g.permits.is_closed() && g.permits.available() == 1, "a permit, or the close, is lost");
}

// The number that is read publishes what was done under the permits.
void number_publishes() {
  gate g(0);
  thread releaser([&] {
    g.guarded.set(1);
    g.permits.release(1);
  });
  if (g.permits.available() == 1) check(g.guarded.get() == 1, "a permit published nothing");
  releaser.join();
}

// Permits are taken away for good while others are acquired and released.
void forget_against_release() {
  gate g(1);
  thread other([&] {
    if (g.permits.try_acquire(1) != core::acquired::yes) return;
    g.permits.release(1);
  });
  const auto forgotten = g.permits.forget(2);
  other.join();
  check(forgotten + g.permits.available() == 1, "a permit is lost, or was made");
  check(forgotten + g.permits.forget(2) == 1 && g.permits.available() == 0, "a permit is not forgotten");
}

constexpr std::string_view a_guess = "only a guess: the CAS behind it fails on it and reads again";

const equivalents same{
    {change::weaken, "offer", "cas", "the withdrawal: who has read the old waker meanwhile fails with its own CAS"},
    {change::blind, "give", "load", a_guess},
    {change::blind, "acquire_or_wait", "load", a_guess},
    {change::blind, "hand_out", "load", a_guess},
};

}  // namespace

TEST_CASE("[SO] a value reaches a receiver that waits, and the cell is freed once") { passes(value_against_wait); }
TEST_CASE("[SO] a sender that leaves wakes the receiver") { passes(sender_leaves); }
TEST_CASE("[SO] a receiver that leaves while a value is sent frees it once") { passes(receiver_leaves); }
TEST_CASE("[SO] close and send never touch the value at the same time") { passes(close_against_send); }
TEST_CASE("[SO] a receiver that moves to another task is woken there") { passes(waker_moves); }
TEST_CASE("[SO] a sender that waits for the end is woken by it") { passes(sender_waits_for_close); }

TEST_CASE("[SS-08] permits exclude and none is lost") { passes(exclusion); }
TEST_CASE("[SS] who was let in may free the semaphore at once") { passes(freed_by_the_waiter); }
TEST_CASE("[SS] a large request collects from several releases") { passes(many_from_two_releases); }
TEST_CASE("[SS] a cancelled wait gives back what it was given") { passes(cancel_against_release); }
TEST_CASE("[SS-08] a permit that is handed out by the line publishes too") { passes(handed_out_permit_publishes); }
TEST_CASE("[SS] close ends a wait") { passes(close_against_wait); }

TEST_CASE("[SS-08] a close publishes, and meets a release without losing its permit") {
  passes(close_publishes);
  passes(release_against_close);
}
TEST_CASE("[SS-08] the number of permits publishes what was done under them") { passes(number_publishes); }
TEST_CASE("[SS] permits are forgotten once") { passes(forget_against_release); }

TEST_CASE("[SO] every order and every step of the word is needed") {
  for (const char* weak : {"send", "offer", "look"}) catches({change::weaken, weak}, value_against_wait);
  catches({change::weaken, "leave_sender"}, close_against_send);
  catches({change::weaken, "leave_receiver"}, receiver_leaves);
  catches({change::drop_write, "send"}, value_against_wait);
  catches({change::drop_write, "leave_sender"}, sender_leaves);
  catches({change::drop_write, "leave_receiver"}, sender_waits_for_close);
  catches({change::drop_write, "offer"}, waker_moves);
  catches({change::split, "send"}, value_against_wait);
}

TEST_CASE("[SS-08] every order and every step of the semaphore's word is needed") {
  for (const char* weak : {"take", "acquire_or_wait", "give"}) catches({change::weaken, weak, "cas"}, exclusion);
  catches({change::weaken, "hand_out", "cas"}, handed_out_permit_publishes);
  for (const char* lost : {"take", "give"}) catches({change::drop_write, lost}, exclusion);
  catches({change::drop_write, "acquire_or_wait"}, freed_by_the_waiter);
  catches({change::drop_write, "hand_out"}, cancel_against_release);
  catches({change::drop_write, "close"}, close_against_wait);
  for (const char* torn : {"take", "give", "acquire_or_wait"}) catches({change::split, torn, "cas"}, exclusion);
}
