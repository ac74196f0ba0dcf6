// The channel that every receiver hears: sends against receives, lags, waits that are given up, receivers and senders
// that come and go. Values hold an atomic count of their users and a cell, so one that is destroyed too early, twice or
// never is found.
#include "tokio/sync/broadcast.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "explorer/expect.hpp"
#include "sync_policy.hpp"

using namespace tokiod::model;

namespace {

using channel = tokio::sync::broadcast::channel_state<sync_value, sync_policy>;
using outcome = channel::outcome;

std::size_t send(channel& to, int value) {
  channel::kept_value kept{sync_value(value)};
  return to.send(kept).value_or(0);
}

// What recv_future does: the copy is made outside of the lock.
struct heard {
  outcome what;
  int value = 0;
  std::uint64_t missed = 0;
};
heard receive(channel& from, std::uint64_t& next) {
  sync_task task;
  channel::waiter node;
  while (true) {
    auto got = from.receive(next, &node, task.waker());
    if (got.what == outcome::empty) {
      task.park();
      continue;
    }
    const int value = got.what == outcome::value ? sync_value(*got.value).value.get() : 0;
    return {got.what, value, got.missed};
  }
}

void each_hears_all() {
  channel c(2, {});
  std::uint64_t mine = c.subscribe(), theirs = c.subscribe();
  thread other([&] {
    check(receive(c, theirs).value == 1, "a value is lost or out of order");
    check(receive(c, theirs).value == 2, "a value is lost or out of order");
  });
  thread sender([&] { check(send(c, 1) == 2 && send(c, 2) == 2, "a receiver is not counted"); });
  check(receive(c, mine).value == 1, "a value is lost or out of order");
  check(receive(c, mine).value == 2, "a value is lost or out of order");
  other.join();
  sender.join();
  check(c.unseen() == 0, "a value that all have heard is kept");
}

// Room for one: the receiver is told what it missed, and copies a value that the sender overwrites meanwhile.
void lag_against_send() {
  channel c(1, {});
  std::uint64_t next = c.subscribe();
  thread sender([&] {
    for (int value = 1; value <= 3; ++value) send(c, value);
  });
  for (int last = 0; last < 3;) {
    const heard got = receive(c, next);
    if (got.what == outcome::lagged) {
      last += static_cast<int>(got.missed);
      check(last < 3, "more was missed than was sent");
    } else {
      check(got.value == ++last, "a value was skipped, and the receiver was not told");
    }
  }
  sender.join();
}

// Two senders at once: every receiver hears both, in the same order.
void two_senders() {
  channel c(2, {});
  c.add_sender();
  std::uint64_t mine = c.subscribe(), theirs = c.subscribe();
  const auto both = [&](int value) {
    send(c, value);
    c.drop_sender();
  };
  thread one([&] { both(1); });
  thread two([&] { both(2); });
  const int first = receive(c, mine).value, second = receive(c, mine).value;
  check(first + second == 3, "a value is lost or came twice");
  check(receive(c, mine).what == outcome::closed, "the senders are gone, and the channel is open");
  check(receive(c, theirs).value == first && receive(c, theirs).value == second, "two receivers hear two orders");
  one.join();
  two.join();
}

void give_up_against_send() {
  channel c(1, {});
  std::uint64_t next = c.subscribe();
  thread sender([&] { send(c, 1); });
  sync_task task;
  {
    channel::waiter node;
    if (c.receive(next, &node, task.waker()).what == outcome::empty) c.cancel(node);
  }
  sender.join();
  if (next == 0) check(receive(c, next).value == 1, "a wait that was given up took the value");
}

// What the receiver that goes has not heard is not kept for it, whatever is sent and heard meanwhile.
void receiver_leaves() {
  channel c(2, {});
  std::uint64_t mine = c.subscribe();
  const std::uint64_t theirs = c.subscribe();
  thread leaves([&] { c.unsubscribe(theirs); });
  thread sender([&] {
    send(c, 1);
    send(c, 2);
    send(c, 3);
  });
  leaves.join();
  sender.join();
  heard got = receive(c, mine);
  if (got.what == outcome::lagged) got = receive(c, mine);
  check(got.value == 2 && receive(c, mine).value == 3, "a value is lost");
  check(c.unseen() == 0, "a value is kept for a receiver that is gone");
}

// A receiver that comes hears what is sent after it came, all of it.
void receiver_comes() {
  channel c(2, {});
  std::uint64_t first = c.subscribe();
  atomic<int> sent{0};
  thread sender([&] {
    send(c, 1);
    sent.store(1, std::memory_order_release);
    send(c, 2);
    c.drop_sender();
  });
  const bool late = sent.load(std::memory_order_acquire) == 1;
  std::uint64_t next = c.subscribe();
  const heard got = receive(c, next);
  if (late) check(got.what == outcome::closed || got.value == 2, "a receiver hears what came before it");
  if (got.value == 1) check(receive(c, next).value == 2, "a value is lost");
  sender.join();
  c.unsubscribe(first);
}

void last_sender_leaves() {
  channel c(1, {});
  std::uint64_t next = c.subscribe();
  thread sender([&] { c.drop_sender(); });
  check(receive(c, next).what == outcome::closed, "a value came from nowhere");
  sender.join();
}

// The last sender goes while a weak one would be a sender again.
void revived_or_closed() {
  channel c(1, {});
  std::uint64_t next = c.subscribe();
  thread sender([&] { c.drop_sender(); });
  if (c.revive_sender()) {
    send(c, 1);
    c.drop_sender();
    check(receive(c, next).value == 1, "a value is lost");
  }
  check(receive(c, next).what == outcome::closed, "the senders are gone, and the channel is open");
  sender.join();
}

void wait_until_closed(channel& c) {
  sync_task task;
  tokio::sync::notify_wait<sync_policy> wait(c.no_receivers);
  while (!c.poll_closed(wait, task.waker())) task.park();
}

// One receiver goes and another one comes and goes: the sender that waits for the end of all is woken at the last.
void sender_waits_for_the_end() {
  channel c(1, {});
  const std::uint64_t first = c.subscribe();
  thread comes_and_goes([&] { c.unsubscribe(c.subscribe()); });
  thread leaves([&] { c.unsubscribe(first); });
  wait_until_closed(c);
  comes_and_goes.join();
  leaves.join();
  check(c.receiver_count() == 0, "a receiver is counted that is gone");
}

using change = mutant::change;
constexpr bounds narrow{.preemptions = 2, .stale_reads = 1};

}  // namespace

TEST_CASE("[SB] every receiver hears every value in order") { passes(narrow, each_hears_all); }
TEST_CASE("[SB] a receiver that lags is told exactly what it missed") { passes(lag_against_send); }
TEST_CASE("[SB] two senders are heard in one order, then the end") { passes(narrow, two_senders); }
TEST_CASE("[SB] a wait that is given up takes nothing") { passes(give_up_against_send); }
TEST_CASE("[SB] nothing is kept for a receiver that is gone") { passes(receiver_leaves); }
TEST_CASE("[SB] a receiver that comes hears what follows") { passes(receiver_comes); }
TEST_CASE("[SB] a receiver that waits hears that the last sender went") { passes(last_sender_leaves); }
TEST_CASE("[SB] a channel is revived or closed, and its last value is heard") { passes(revived_or_closed); }
TEST_CASE("[SB] a sender that waits for the end of all receivers is woken") {
  passes(narrow, sender_waits_for_the_end);
}

TEST_CASE("[SB] mutants of the broadcast channel are caught") {
  catches({change::unlocked, "lock_scope", "lock"}, lag_against_send);
  for (const change how : {change::weaken, change::split, change::drop_write})
    catches({how, "~shared_value", "fetch_sub"}, narrow, each_hears_all);
#if !defined(TOKIOD_ASAN)  // it ends the program: with these a value is freed while somebody copies it
  for (const change how : {change::split, change::drop_write})
    catches({how, "shared_value", "fetch_add"}, narrow, each_hears_all);
#endif
}
