// The explorer against programs whose outcomes the C++ standard fixes: it must produce every allowed outcome, none that
// is forbidden, and it must see each kind of bug.
#include "base/policy.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "explorer/expect.hpp"
#include "explorer/model_policy.hpp"
#include "explorer/shim.hpp"

namespace {

using namespace tokiod;
using namespace tokiod::model;
using std::memory_order;

using outcomes = std::set<int>;

outcomes all_outcomes(const std::function<int()>& program) {
  outcomes seen;
  const verdict v = explore({.preemptions = 4, .stale_reads = 9}, [&] { seen.insert(program()); });
  CHECK_MESSAGE((!v.failed && v.exhausted), v.report());
  return seen;
}

// Each thread writes its own variable, then reads the other's.
int store_buffering(memory_order store, memory_order load) {
  atomic<int> x(0), y(0);
  int a = 0, b = 0;
  thread other([&] {
    x.store(1, store);
    a = y.load(load);
  });
  y.store(1, store);
  b = x.load(load);
  other.join();
  return a * 10 + b;
}

int message_passing(memory_order store, memory_order load) {
  atomic<int> data(0), flag(0);
  thread sender([&] {
    data.store(1, relaxed);
    flag.store(1, store);
  });
  const int a = flag.load(load);
  const int b = data.load(relaxed);
  sender.join();
  return a * 10 + b;
}

// Two readers of two independent writers; 1: they disagree about which write came first.
int independent_reads(memory_order store, memory_order load) {
  atomic<int> x(0), y(0);
  int a = 0, b = 0;
  thread writes_x([&] { x.store(1, store); });
  thread writes_y([&] { y.store(1, store); });
  thread reads([&] {
    a = x.load(load);
    b = y.load(load);
  });
  const int c = y.load(load);
  const int d = x.load(load);
  writes_x.join();
  writes_y.join();
  reads.join();
  return a == 1 && b == 0 && c == 1 && d == 0 ? 1 : 0;
}

}  // namespace

TEST_CASE("store buffering shows both old values unless all accesses are seq_cst") {
  CHECK(all_outcomes([] { return store_buffering(relaxed, relaxed); }) == outcomes{0, 1, 10, 11});
  CHECK(all_outcomes([] { return store_buffering(release, acquire); }) == outcomes{0, 1, 10, 11});
  CHECK(all_outcomes([] { return store_buffering(seq_cst, seq_cst); }) == outcomes{1, 10, 11});
}

TEST_CASE("a message is seen with its flag only under release and acquire") {
  CHECK(all_outcomes([] { return message_passing(relaxed, relaxed); }) == outcomes{0, 1, 10, 11});
  CHECK(all_outcomes([] { return message_passing(release, relaxed); }) == outcomes{0, 1, 10, 11});
  CHECK(all_outcomes([] { return message_passing(release, acquire); }) == outcomes{0, 1, 11});
}

TEST_CASE("one thread never sees the stores to one atomic go backwards") {
  const auto program = [] {
    atomic<int> x(0);
    thread writer([&] {
      x.store(1, relaxed);
      x.store(2, relaxed);
    });
    const int a = x.load(relaxed);
    const int b = x.load(relaxed);
    writer.join();
    return a * 10 + b;
  };
  CHECK(all_outcomes(program) == outcomes{0, 1, 2, 11, 12, 22});
}

TEST_CASE("a relaxed RMW continues a release sequence, a relaxed store of another thread does not") {
  const auto with = [](bool rmw) {
    atomic<int> data(0), flag(0);
    thread sender([&] {
      data.store(1, relaxed);
      flag.store(1, release);
    });
    thread relay([&] {
      if (flag.load(relaxed) != 1) return;
      if (rmw)
        flag.fetch_add(1, relaxed);
      else
        flag.store(2, relaxed);
    });
    const int seen = flag.load(acquire) == 2 ? 10 + data.load(relaxed) : 0;
    sender.join();
    relay.join();
    return seen;
  };
  CHECK(all_outcomes([&] { return with(true); }) == outcomes{0, 11});
  CHECK(all_outcomes([&] { return with(false); }) == outcomes{0, 10, 11});
}

TEST_CASE("independent readers may disagree under release and acquire, never under seq_cst") {
  const bounds within{.preemptions = 3, .stale_reads = 9};
  bool weak = false;
  explore(within, [&] { weak = weak || independent_reads(release, acquire) == 1; });
  CHECK(weak);
  passes(within, [] { check(independent_reads(seq_cst, seq_cst) == 0, "the readers disagree"); });
}

TEST_CASE("concurrent RMWs lose nothing, and a failing CAS may return an older value") {
  passes([] {
    atomic<int> n(0);
    thread other([&] { n.fetch_add(1, relaxed); });
    n.fetch_add(1, relaxed);
    other.join();
    check(n.load(relaxed) == 2, "an increment is lost");
  });
  bool stale = false;
  explore({}, [&] {
    atomic<int> n(1);
    thread other([&] {
      n.store(2, relaxed);
      n.store(3, relaxed);
    });
    int expected = 7;
    const int newest_possible = n.compare_exchange_strong(expected, 8, relaxed, relaxed) ? 0 : expected;
    other.join();
    stale = stale || newest_possible == 2;
  });
  CHECK(stale);
}

TEST_CASE("an unordered access to a cell is a data race") {
  fails("data race", [] {
    cell<int> v(0);
    thread other([&] { v.set(1); });
    static_cast<void>(v.get());
    other.join();
  });
  passes([] {
    cell<int> v(0);
    mutex m;
    thread other([&] {
      m.lock();
      v.set(1);
      m.unlock();
    });
    m.lock();
    static_cast<void>(v.get());
    m.unlock();
    other.join();
  });
}

TEST_CASE("a cell published by a release store is safe, by a relaxed store it races") {
  const auto publish = [](memory_order store) {
    cell<int> data(0);
    atomic<int> flag(0);
    thread sender([&] {
      data.set(1);
      flag.store(1, store);
    });
    if (flag.load(acquire) == 1) check(data.get() == 1, "the message is lost");
    sender.join();
  };
  passes([&] { publish(release); });
  fails("data race", [&] { publish(relaxed); });
}

TEST_CASE("locks taken in opposite order deadlock, and the explorer finds it") {
  fails("deadlock", [] {
    mutex a, b;
    thread other([&] {
      a.lock();
      b.lock();
      b.unlock();
      a.unlock();
    });
    b.lock();
    a.lock();
    a.unlock();
    b.unlock();
    other.join();
  });
}

TEST_CASE("a sleeper that looks only before it announces itself misses its wake-up") {
  const auto sleep = [](bool looks_again) {
    atomic<int> work(0), asleep(0);
    event wake;
    thread worker([&] {
      if (work.load(seq_cst) == 1) return;
      asleep.store(1, seq_cst);
      if (looks_again && work.load(seq_cst) == 1) return;
      wake.wait();
    });
    work.store(1, seq_cst);
    if (asleep.load(seq_cst) == 1) wake.set();
    worker.join();
  };
  passes([&] { sleep(true); });
  fails("lost wake-up", [&] { sleep(false); });
}

TEST_CASE("spinning with a yield ends, spinning on what nobody changes is a livelock") {
  passes([] {
    atomic<int> flag(0);
    thread other([&] { flag.store(1, release); });
    while (flag.load(acquire) == 0) execution::current().yield();
    other.join();
  });
  fails({.max_steps = 200}, "livelock", [] {
    atomic<int> flag(0);
    while (flag.load(acquire) == 0) execution::current().yield();
  });
}

TEST_CASE("a thread that spins may run between two steps of the one it waits for") {
  bool between = false;
  explore({}, [&] {
    atomic<int> gate(0), after(0);
    thread other([&] {
      gate.store(1, release);
      after.store(1, relaxed);
    });
    while (gate.load(acquire) == 0) execution::current().yield();
    int expected = 0;
    between = between || after.compare_exchange_strong(expected, 2, relaxed, relaxed);
    other.join();
  });
  CHECK(between);
}

TEST_CASE("a timed wait may end early, and ends when nobody can set the event") {
  bool early = false, waited = false;
  passes([&] {
    event e;
    thread other([&] { e.set(); });
    const bool set = e.wait_for(1);
    early = early || !set;
    waited = waited || set;
    other.join();
  });
  CHECK(early);
  CHECK(waited);
  passes([] {
    event e;
    check(!e.wait_for(1), "nobody set it");
  });
  fails({.time_passes = false}, "deadlock", [] {
    event e;
    e.wait_for(1);
  });
}

TEST_CASE("leaks, and uses after destruction, are failures") {
  struct node : tracked {
    atomic<int> word{0};
  };
  fails("leak", [] { static_cast<void>(new node); });
  fails("leak: 0 tracked objects and 1 atomics", [] {  // of any type: its atomics tell
    struct untracked {
      atomic<int> word{0};
    };
    alignas(untracked) static std::byte room[sizeof(untracked)];
    ::new (static_cast<void*>(room)) untracked;
  });
  passes([] { std::make_unique<node>(); });
  fails("destruct", [] {  // found as a use after destruction, or as a destruction that is not ordered after the use
    auto n = std::make_unique<node>();
    thread other([p = n.get()] { p->word.fetch_add(1, release); });
    n.reset();
    other.join();
  });
}

TEST_CASE("what is made is used only by whom its making is ordered before") {
  struct node {
    atomic<int> word{1};
    cell<int> data{1};
  };
  const auto published = [](memory_order with, bool word) {
    auto slot = std::make_shared<atomic<node*>>(nullptr);
    thread maker([slot, with] { slot->store(new node, with); });
    if (node* made = slot->load(acquire))
      check((word ? made->word.load(relaxed) : made->data.get()) == 1, "made by halves");
    maker.join();
    delete slot->load(relaxed);
  };
  for (const bool word : {true, false}) {
    passes([&] { published(release, word); });
    fails("data race", [&] { published(relaxed, word); });
  }
}

TEST_CASE("a shared mutex lets many look or one change") {
  bool together = false;
  passes([&] {
    shared_mutex m;
    cell<int> value{0};
    atomic<int> looking{0};
    const auto look = [&] {
      m.lock_shared();
      together = looking.fetch_add(1, relaxed) == 1 || together;
      (void)value.get();
      looking.fetch_sub(1, relaxed);
      m.unlock_shared();
    };
    thread one(look);
    thread two(look);
    m.lock();
    value.set(1);
    m.unlock();
    one.join();
    two.join();
  });
  CHECK(together);
  fails("data race", [] {  // whoever knows of the last section by a relaxed word does not know that it is over
    auto* m = new shared_mutex;
    atomic<int> over{0};
    thread other([&] {
      m->lock();
      m->unlock();
      over.store(1, relaxed);
    });
    while (over.load(relaxed) == 0) model_policy::yield();
    delete m;
    other.join();
  });
  fails("data race", [] {  // readers do not order one another
    shared_mutex m;
    cell<int> value{0};
    const auto change = [&] {
      m.lock_shared();
      value.set(1);
      m.unlock_shared();
    };
    thread other(change);
    change();
    other.join();
  });
}

TEST_CASE("a printed schedule replays the failure, of a search and of a random walk") {
  const auto racy = [] {
    atomic<int> n(0);
    thread other([&] { n.store(n.load(relaxed) + 1, relaxed); });
    n.store(n.load(relaxed) + 1, relaxed);
    other.join();
    check(n.load(relaxed) == 2, "an increment is lost");
  };
  for (const bounds& within : {bounds{}, bounds{.random_runs = 1000}}) {
    const verdict found = explore(within, racy);
    REQUIRE(found.failed);
    const verdict again = replay(found.schedule, within, racy);
    CHECK(again.failed);
    CHECK(again.trace == found.trace);
    CHECK(found.trace.find("litmus_test.cpp") != std::string::npos);
  }
}

namespace {

struct message_box {
  cell<int> data{0};
  atomic<int> flag{0};
  atomic<int> uses{0};
  void send() {
    data.set(1);
    flag.store(1, release);
    uses.fetch_add(1, acq_rel);
  }
  bool receive() {
    uses.fetch_add(1, relaxed);
    return flag.load(acquire) == 1 && data.get() == 1;
  }
};

void box_model() {
  message_box box;
  thread sender([&] { box.send(); });
  box.receive();
  sender.join();
  check(box.receive(), "the message is lost");
  check(box.uses.load(relaxed) == 3, "a use is not counted");
}

}  // namespace

TEST_CASE("each way to mutate an operation is applied where it is asked for") {
  using change = mutant::change;
  passes(box_model);
  catches({change::weaken, "send", "store"}, box_model);
  catches({change::weaken, "receive", "load"}, box_model);
  catches({change::drop_write, "send", "store"}, box_model);
  catches({change::drop_write, "receive", "fetch_add"}, box_model);
  catches({change::split, "send", "fetch_add"}, box_model);
  catches({change::blind, "receive", "load"}, box_model);
}

TEST_CASE("each operation of a model is a place for mutants of its kind") {
  using change = mutant::change;
  std::vector<std::string> places;
  const auto sites = sites_of({}, box_model);
  for (const site& at : sites)
    if (at.function == "send" || at.function == "receive")
      for (const mutant& changed : mutants_of(at))
        places.push_back(at.function + " " + at.operation + " " + std::to_string(static_cast<int>(changed.how)));
  std::ranges::sort(places);
  const auto place = [](const char* name, change how) {
    return std::string(name) + " " + std::to_string(static_cast<int>(how));
  };
  std::vector<std::string> expected = {
      place("send store", change::weaken),       place("send store", change::drop_write),
      place("send fetch_add", change::weaken),   place("send fetch_add", change::drop_write),
      place("send fetch_add", change::split),    place("receive fetch_add", change::drop_write),
      place("receive fetch_add", change::split), place("receive load", change::weaken),
      place("receive load", change::blind)};
  std::ranges::sort(expected);
  CHECK(places == expected);
  const site both{.function = "f", .operation = "load", .file = "", .line = 1, .with = std::memory_order_seq_cst};
  CHECK(mutants_of(both).size() == 3);  // acquire, relaxed, blind
}

TEST_CASE("a mutex that is not taken lets two in") {
  struct sum {
    mutex m;
    cell<int> value{0};
    void add() {
      m.lock();
      value.set(value.get() + 1);
      m.unlock();
    }
  };
  const auto both = [] {
    sum of;
    thread other([&] { of.add(); });
    of.add();
    other.join();
  };
  passes(both);
  catches({mutant::change::unlocked, "add", "lock"}, both);
}

TEST_CASE("an order that nothing needs is reported as needless") {
  CHECK(needless_orders({}, box_model) == std::vector<std::string>{"send fetch_add"});
}
