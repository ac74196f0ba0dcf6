#include <doctest/doctest.h>

#include <thread>

#include "host/guard.hpp"
#include "host/ledger.hpp"
#include "host/own_thread.hpp"

using namespace tokiod;
using namespace tokiod::host;

namespace {
int one_place, other_place;  // only their addresses matter
const auto* const one = reinterpret_cast<const tokio_plugin*>(&one_place);
const auto* const other = reinterpret_cast<const tokio_plugin*>(&other_place);
}  // namespace

TEST_CASE("a scope shows the instance while it lasts, and gives back what it found") {
  CHECK(foreign_threads_inside(one) == 0);
  {
    const guard outer(one);
    CHECK(foreign_threads_inside(one) == 1);
    {
      const guard inner(other);
      CHECK(foreign_threads_inside(other) == 1);
      CHECK(inside_now() == other);
    }
    CHECK(inside_now() == one);
  }
  CHECK(foreign_threads_inside(one) == 0);
  CHECK(foreign_threads_inside(other) == 0);
}

TEST_CASE("every thread shows its own scope, and the slots of ended threads are used again") {
  for (int round = 0; round < 100; ++round) {
    std::thread worker([] {
      const guard scope(one);
      CHECK(foreign_threads_inside(one) == 1);
    });
    worker.join();
    CHECK(foreign_threads_inside(one) == 0);
  }
}

TEST_CASE("a ledger's sums are exact when its writers stand still") {
  ledger book(2);
  std::thread a([&] {
    for (int i = 0; i < 10'000; ++i) book.add(0, entry::sockets, 1);
  });
  std::thread b([&] {
    for (int i = 0; i < 4'000; ++i) book.add(1, entry::sockets, -1);
  });
  std::thread c([&] {
    for (int i = 0; i < 1'000; ++i) book.add(-1, entry::sockets, -1);
  });
  std::thread d([&] {
    for (int i = 0; i < 1'000; ++i) book.add(7, entry::sockets, -1);  // a core that the ledger does not know
  });
  for (auto* t : {&a, &b, &c, &d}) t->join();
  CHECK(book.sum(entry::sockets) == 4'000);
  CHECK(book.sum(entry::timers) == 0);
}

TEST_CASE("a call on a thread of its own returns, or is late and left behind") {
  bool on_ctl = false;
  const steady_clock clock;
  own_threads threads;
  CHECK(threads.run("test", clock.now() + 60 * second, [&] { on_ctl = on_ctl_thread(); }) ==
        own_thread_result::returned);
  CHECK(on_ctl);
  CHECK_FALSE(on_ctl_thread());
  struct gate {
    std::atomic<bool> open{false}, left{false};
  };
  const auto door = std::make_shared<gate>();
  CHECK(threads.run("test", clock.now() + millisecond, [door] {
    while (!door->open.load()) std::this_thread::yield();
    door->left.store(true);
  }) == own_thread_result::late);
  door->open.store(true);
  while (!door->left.load()) std::this_thread::yield();
}
