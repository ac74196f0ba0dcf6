// The channel of the latest value: changes against looks and waits, the end of the senders and of the receivers.
#include "tokio/sync/watch.hpp"

#include <doctest/doctest.h>

#include "explorer/expect.hpp"
#include "sync_policy.hpp"

using namespace tokiod::model;
using tokiod::acq_rel;
using tokiod::relaxed;

namespace {

using channel = tokio::sync::watch::channel_state<sync_value, sync_policy>;
using news = channel::news;
using waiting = tokio::sync::notify_wait<sync_policy>;

struct scene {
  explicit scene(std::size_t senders = 1) : c(sync_value(0)) {
    c.receivers.fetch_add(1, relaxed);
    c.senders.fetch_add(senders - 1, relaxed);
  }
  channel c;

  void set(int value) {
    c.change([&](sync_value& current) {
      current.value.set(value);
      return true;
    });
  }
  int look() const {
    return (*c.borrow([](std::uint64_t) { return false; })).value.get();
  }
  // changed(): the awaiting side.
  news wait(std::uint64_t& seen) {
    sync_task task;
    waiting line(c.changed);
    while (true) {
      if (const news now = c.poll_changed(seen, line, task.waker()); now != news::none) return now;
      task.park();
    }
  }
};

// A receiver may miss values in between, never the last one, and what it looks at is not older than what it was told.
void the_last_value_is_heard(int changes) {
  scene s;
  thread sender([&] {
    for (int value = 1; value <= changes; ++value) s.set(value);
    s.c.drop_sender();
  });
  std::uint64_t seen = 0;
  int last = 0;
  while (s.wait(seen) == news::value) {
    const int now = s.look();
    check(static_cast<std::uint64_t>(now) * channel::one_change >= seen, "a value is older than its version");
    check(now >= last, "a value is older than the one before");
    last = now;
  }
  check(last == changes, "the last value was not heard");
  sender.join();
}

// Two receivers with places of their own.
void both_hear() {
  scene s;
  const auto receive = [&] {
    std::uint64_t seen = 0;
    check(s.wait(seen) == news::value && s.look() == 1, "a receiver misses the value");
    check(s.wait(seen) == news::end, "the end is not heard");
  };
  thread other(receive);
  thread sender([&] {
    s.set(1);
    s.c.drop_sender();
  });
  receive();
  other.join();
  sender.join();
}

// The version alone tells that a change was made, so it must show the change also to who takes no lock afterwards.
void a_version_publishes() {
  scene s;
  cell<int> note{0};
  thread sender([&] {
    note.set(1);
    s.set(1);
  });
  if (s.c.now() != 0) check(note.get() == 1, "what came before the change is missing");
  sender.join();
}

// Each sender's last act comes before the end.
void the_end_publishes() {
  scene s(2);
  cell<int> note{0};
  const auto leave = [&](bool writes) {
    if (writes) note.set(1);
    s.c.drop_sender();
  };
  thread one([&] { leave(true); });
  thread two([&] { leave(false); });
  std::uint64_t seen = 0;
  check(s.wait(seen) == news::end, "a value came from nowhere");
  check(note.get() == 1, "what a sender did before it left is missing");
  one.join();
  two.join();
}

// Changes by two senders are one after the other.
void two_senders() {
  scene s(2);
  const auto add = [&] {
    s.c.change([](sync_value& current) {
      current.value.set(current.value.get() + 1);
      return true;
    });
    s.c.drop_sender();
  };
  thread one(add);
  thread two(add);
  std::uint64_t seen = 0;
  while (s.wait(seen) == news::value) {
  }
  check(s.look() == 2 && channel::version(s.c.now()) == 2 * channel::one_change, "a change is lost");
  one.join();
  two.join();
}

// A change that is not told wakes nobody and moves no version.
void untold() {
  scene s;
  thread sender([&] {
    s.c.change([](sync_value& current) {
      current.value.set(1);
      return false;
    });
    s.c.drop_sender();
  });
  std::uint64_t seen = 0;
  check(s.wait(seen) == news::end, "a change was told that should not be");
  check(s.look() == 1, "a change that is not told is lost");
  sender.join();
}

// wait_for(): every value that is the last one for a moment is looked at, the refused last one ends the wait.
void wait_for_a_value(bool comes) {
  scene s;
  thread sender([&] {
    s.set(1);
    if (comes) s.set(2);
    s.c.drop_sender();
  });
  std::uint64_t seen = 0;
  bool ended = false;
  sync_task task;
  {
    waiting line(s.c.changed);
    const auto accepts = [](const sync_value& value) { return value.value.get() == 2; };
    for (bool over = false; !over;) {
      if (const auto found = s.c.poll_accepted(seen, line, task.waker(), ended, accepts)) {
        check((**found).value.get() == 2, "a value changes while it is looked at");
        over = true;
      } else {
        over = ended;
        if (!over) task.park();
      }
      if (over) check((seen == 2 * channel::one_change) == comes, "the value was not found, or came from nowhere");
    }
  }
  sender.join();
}

// The wait is given up while the change comes: it is heard by the next one.
void give_up_against_change() {
  scene s;
  thread sender([&] { s.set(1); });
  std::uint64_t seen = 0;
  sync_task task;
  {
    waiting line(s.c.changed);
    (void)s.c.poll_changed(seen, line, task.waker());
  }
  sender.join();
  if (seen == 0) check(s.wait(seen) == news::value, "a wait that was given up took the news");
}

// One receiver goes and another one comes and goes: the sender that waits for the end of all is woken at the last.
void sender_waits_for_the_end() {
  scene s;
  thread comes_and_goes([&] {
    s.c.receivers.fetch_add(1, acq_rel);
    s.c.drop_receiver();
  });
  cell<int> note{0};
  thread leaves([&] {
    note.set(1);
    s.c.drop_receiver();
  });
  sync_task task;
  {
    waiting line(s.c.no_receivers);
    while (!s.c.poll_closed(line, task.waker())) task.park();
  }
  comes_and_goes.join();
  leaves.join();
  check(s.c.receivers.load(relaxed) == 0, "a receiver is counted that is gone");
}

// What the last receiver did is seen by the sender that finds none.
void no_receiver_publishes() {
  scene s;
  cell<int> note{0};
  thread leaves([&] {
    note.set(1);
    s.c.drop_receiver();
  });
  sync_task task;
  {
    waiting line(s.c.no_receivers);
    if (s.c.poll_closed(line, task.waker())) check(note.get() == 1, "what the receiver did is missing");
  }
  leaves.join();
}

using change = mutant::change;
constexpr bounds narrow{.preemptions = 2, .stale_reads = 1};

const equivalents same{
    {change::split, "change", "fetch_add",
     "the lock is held, and the end is not told while a sender is left to change"},
    {change::split, "drop_sender", "fetch_or", "the last sender is alone: nobody changes the version any more"},
};

}  // namespace

TEST_CASE("[SW] the last value is heard, then the end") {
  passes([] { the_last_value_is_heard(1); });
  passes(narrow, [] { the_last_value_is_heard(2); });
}
TEST_CASE("[SW] every receiver hears the value") { passes(narrow, both_hear); }
TEST_CASE("[SW] a version shows what came before its change") { passes(a_version_publishes); }
TEST_CASE("[SW] the end shows what every sender did") { passes(the_end_publishes); }
TEST_CASE("[SW] changes by two senders are one after the other") { passes(narrow, two_senders); }
TEST_CASE("[SW] a change that is not told stays, untold") { passes(untold); }
TEST_CASE("[SW] a wait for a value ends with it, or with the senders") {
  for (const bool comes : {true, false}) passes(narrow, [comes] { wait_for_a_value(comes); });
}
TEST_CASE("[SW] a wait that is given up takes no news") { passes(give_up_against_change); }
TEST_CASE("[SW] a sender that waits for the end of all receivers is woken") {
  passes(narrow, sender_waits_for_the_end);
}
TEST_CASE("[SW] who finds no receiver sees what the last one did") { passes(no_receiver_publishes); }

TEST_CASE("[SW] mutants of the watch channel are caught") {
  const auto last = [] { the_last_value_is_heard(1); };
  for (const char* side : {"shared_lock", "lock_scope"})
    catches({change::unlocked, side, "lock"}, narrow, [] { the_last_value_is_heard(2); });
  catches({change::drop_write, "change", "fetch_add"}, last);
  catches({change::weaken, "change", "fetch_add"}, a_version_publishes);
  catches({change::weaken, "now", "load"}, a_version_publishes);
  catches({change::blind, "now", "load"}, last);
  catches({change::drop_write, "drop_sender", "fetch_sub"}, the_end_publishes);
  catches({change::weaken, "drop_sender", "fetch_sub"}, the_end_publishes);
  catches({change::split, "drop_sender", "fetch_sub"}, the_end_publishes);
  catches({change::drop_write, "drop_sender", "fetch_or"}, last);
  catches({change::weaken, "drop_receiver", "fetch_sub"}, no_receiver_publishes);
  catches({change::weaken, "receiver_count", "load"}, no_receiver_publishes);
}
