// The end of a local_set and of its tasks, rows LS-05 to LS-07.
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "sdk/task/probe.hpp"
#include "tokio/task/join_set.hpp"
#include "tokio/task/local_pool.hpp"
#include "tokio/task/local_set.hpp"

using sdk_test::after;
using sdk_test::gate;
using sdk_test::give;
using sdk_test::hold;
using sdk_test::never;
using sdk_test::tracer;
using tokio::local_set;
using tokio::spawn_local;
using tokio::task;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;

TEST_CASE("[LS-05] the end of a set destroys its tasks, queued or not, started or not") {
  fake_host host;
  std::vector<std::string> log;
  gate at;
  std::vector<tokio::join_handle<int>> handles;
  const auto holds = [](tracer, gate& door) -> task<int> { co_return co_await door.wait(); };
  {
    local_set set;
    handles.push_back(set.spawn_local(holds, tracer(log, "started"), std::ref(at)));
    hand_poll run(set.run_until(never()));
    host.run_until_stalled();
    CHECK(run.poll().is_pending());
    at.nudge();
    host.run_until_stalled();  // it is queued now
    handles.push_back(set.spawn_local(holds, tracer(log, "not started"), std::ref(at)));
    CHECK(log.empty());
  }
  CHECK(log.size() == 2);
  for (auto& handle : handles) CHECK(block_on(tokio::by_ref(handle)).error().is_cancelled());
}

TEST_CASE("[LS-05] destructors of tasks may wake, and spawn into, the set that ends") {
  fake_host host;
  struct late {
    late(local_set* in, gate* door) noexcept : into(in), to_wake(door) {}
    late(late&& other) noexcept : into(std::exchange(other.into, nullptr)), to_wake(other.to_wake) {}
    late& operator=(late&&) = delete;
    ~late() {
      if (!into) return;
      to_wake->nudge();
      spawn_local(never()).detach();
    }
    local_set* into;
    gate* to_wake;
  };
  gate at;
  {
    auto set = std::make_unique<local_set>();
    set->spawn_local(after(at)).detach();
    set->spawn_local([](late) -> task<> { co_await never(); }, late(set.get(), &at)).detach();
    hand_poll run(set->run_until(never()));
    host.run_until_stalled();
    CHECK(run.poll().is_pending());
    run.drop();
  }
  host.run_until_stalled();
  CHECK(host.live_tasks() == 0);
}

TEST_CASE("[LS-05] a task may be what ends its own set") {
  fake_host host;
  auto set = std::make_unique<local_set>();
  auto* alive = set.get();
  std::vector<std::string> log;
  alive->spawn_local([](tracer) -> task<> { co_await never(); }, tracer(log, "other")).detach();
  alive
      ->spawn_local(
          [](std::unique_ptr<local_set>& owner, tracer) -> task<> {
            owner.reset();
            co_await never();
          },
          std::ref(set), tracer(log, "last"))
      .detach();
  host.run_until_stalled();
  hand_poll run(tokio::poll_fn([alive](tokio::context& cx) -> tokio::poll<void> {
    (void)alive->poll(cx);
    return tokio::ready();
  }));
  CHECK(run.poll().is_ready());
  CHECK(log == std::vector<std::string>{"other", "last"});
}

TEST_CASE("[LS-05] a destructor may end the set that is destroying its task, and drive it") {
  fake_host host;
  struct ender {
    ender(std::unique_ptr<local_set>* owner, local_set* alive, fake_host* on) noexcept
        : own(owner), set(alive), host(on) {}
    ender(ender&& other) noexcept : own(std::exchange(other.own, nullptr)), set(other.set), host(other.host) {}
    ender& operator=(ender&&) = delete;
    ~ender() {
      if (!own) return;
      hand_poll run(set->run_until(never()));
      CHECK_THROWS_AS((void)run.poll(), tokio::panic_error);  // as its policy says
      own->reset();
      host->run_until_stalled();
    }
    std::unique_ptr<local_set>* own;
    local_set* set;
    fake_host* host;
  };
  std::vector<std::string> log;
  auto set = std::make_unique<local_set>();
  auto* alive = set.get();
  alive->unhandled_panic(local_set::panic_policy::shut_down);
  const auto waits = [](tracer) -> task<> { co_await never(); };
  alive->spawn_local(waits, tracer(log, "first")).detach();
  alive->spawn_local([](ender) -> task<> { co_await never(); }, ender(&set, alive, &host)).detach();
  alive
      ->spawn_local([]() -> task<> {
        throw std::runtime_error("disk on fire");
        co_return;
      })
      .detach();
  alive->spawn_local(waits, tracer(log, "last")).detach();
  host.run_until_stalled();
  hand_poll run(tokio::poll_fn([alive](tokio::context& cx) -> tokio::poll<void> {
    CHECK_THROWS_AS((void)alive->poll(cx), tokio::panic_error);
    return tokio::ready();
  }));
  CHECK(run.poll().is_ready());
  CHECK(log == std::vector<std::string>{"last", "first"});
}

TEST_CASE("[LS-05] relays that the host ends leave their tasks to the set, which destroys them") {
  auto kept = std::make_shared<int>(1);
  local_set set;
  {
    fake_host host;
    set.spawn_local(hold(kept)).detach();
    host.run_until_stalled();
    host.shut_down();
    CHECK(kept.use_count() == 2);
    hand_poll run(set.run_until(never()));
    CHECK(run.poll().is_pending());
    CHECK(kept.use_count() == 1);
  }
  CHECK(set.len() == 0);
}

TEST_CASE("[LS-06] block_in_place panics in a set's future, in its tasks and in their destructors") {
  fake_host host;
  local_set set;
  const auto blocks = []() -> task<> {
    CHECK_THROWS_AS(tokio::block_in_place([] {}), tokio::panic_error);
    co_return;
  };
  struct blocker {
    blocker(int& count) noexcept : panics(&count) {}
    blocker(blocker&& other) noexcept : panics(std::exchange(other.panics, nullptr)) {}
    blocker& operator=(blocker&&) = delete;
    ~blocker() {
      try {
        if (panics) tokio::block_in_place([] {});
      } catch (const tokio::panic_error&) {
        ++*panics;
      }
    }
    int* panics;
  };
  int panics = 0;
  {
    local_set doomed;
    doomed.spawn_local([](blocker) -> task<> { co_await never(); }, blocker(panics)).detach();
  }
  CHECK(panics == 1);
  set.spawn_local(blocks()).detach();
  block_on(set.run_until([](task<> inside) -> task<> {
    co_await std::move(inside);
    co_await tokio::yield_now();
  }(blocks())));
  block_on(set);
  block_on(tokio::spawn([]() -> task<> {
    tokio::block_in_place([] {});  // no set here
    co_return;
  }));
}

TEST_CASE("[LS-07] a set has an id, and a panic may end all of it") {
  fake_host host;
  local_set set;
  local_set other;
  CHECK(set.id() == set.id());
  CHECK(set.id() != other.id());
  set.unhandled_panic(local_set::panic_policy::shut_down);
  auto waits = set.spawn_local(never());
  auto throws = set.spawn_local([]() -> task<> {
    throw std::runtime_error("disk on fire");
    co_return;
  });
  unsigned line = 0;
  const auto drive = [](local_set& on, unsigned& at) -> task<> {
    at = __LINE__ + 1;
    co_await on.run_until(never());
  };
  try {
    block_on(drive(set, line));
    FAIL("it did not panic");
  } catch (const tokio::panic_error& panicked) {
    CHECK(panicked.where().line() == line);
  }
  CHECK(set.len() == 0);
  CHECK(block_on(std::move(waits)).error().is_cancelled());
  CHECK(block_on(std::move(throws)).error().is_panic());
  CHECK_THROWS_AS(set.unhandled_panic(local_set::panic_policy::ignore), tokio::panic_error);
  CHECK(block_on(set.spawn_local(give(1))).error().is_cancelled());
}

TEST_CASE("[JS-14] a local_pool ends its threads when the host ends the background tasks") {
  auto threads = std::make_shared<tokio::local_pool_threads>(2);
  {
    fake_host host;
    auto guard = tokio::spawn(tokio::local_pool_guard(threads));
    host.run_until_stalled();
    CHECK_FALSE(threads->all[0]->asked_to_close());
    host.shut_down();
    for (auto& each : threads->all) CHECK(each->asked_to_close());
  }
}

TEST_CASE("[LS-05] local tasks that nobody ever drove are destroyed with the last that knows them") {
  fake_host host;
  const auto kept = std::make_shared<int>(1);
  {
    auto tasks = std::make_shared<tokio::local_tasks>();
    auto relay = tokio::make_local(*tasks, {}, hold(kept));
    tasks.reset();
    CHECK(kept.use_count() == 2);
  }
  CHECK(kept.use_count() == 1);
}

TEST_CASE("[JS-14] a thread of a local_pool that is told to end before it began runs nothing any more") {
  fake_host host;
  auto tasks = std::make_shared<tokio::local_tasks>();
  bool called = false;
  auto handle = tokio::spawn(tokio::make_local(*tasks, {}, [&called]() -> task<> {
    called = true;
    co_return;
  }));
  host.run_until_stalled();
  tasks->ask_to_close();
  hand_poll thread(tokio::local_pool_thread{*tasks});
  CHECK(thread.poll().is_ready());
  CHECK_FALSE(called);
  CHECK(block_on(std::move(handle)).error().is_cancelled());
}

TEST_CASE("[LS-05] a future of the set panics in who awaits it when the set ends first, and an abort is no panic") {
  fake_host host;
  auto set = std::make_unique<local_set>();
  auto waits = tokio::spawn([](local_set& in) -> task<int> { co_return co_await in.local(never()); }(*set));
  auto aborted = tokio::spawn(set->local(never()));
  host.run_until_stalled();
  aborted.abort();
  host.run_until_stalled();
  hand_poll run(set->run_until(never()));
  CHECK(run.poll().is_pending());
  CHECK(block_on(std::move(aborted)).error().is_cancelled());
  tokio::join_set<int> joins;
  joins.spawn_local_on(*set, never());
  host.run_until_stalled();
  set.reset();
  CHECK(block_on(std::move(waits)).error().is_panic());
  CHECK(block_on(joins.join_next())->error().is_cancelled());
}

TEST_CASE("[LS-05] a destructor may spawn into local tasks that are destroyed with the last that knew them") {
  fake_host host;
  struct late {
    explicit late(bool* flag) noexcept : spawned(flag) {}
    late(late&& other) noexcept : spawned(std::exchange(other.spawned, nullptr)) {}
    late& operator=(late&&) = delete;
    ~late() {
      if (!spawned) return;
      auto handle = spawn_local(never());
      *spawned = true;
      CHECK(block_on(std::move(handle)).error().is_cancelled());
    }
    bool* spawned;
  };
  bool spawned = false;
  auto tasks = std::make_shared<tokio::local_tasks>();
  {
    auto relay = tokio::make_local(*tasks, {}, [held = late(&spawned)]() -> task<int> { co_return 1; });
    tasks.reset();
  }
  CHECK(spawned);
}
