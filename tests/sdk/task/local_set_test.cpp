// local_set, rows LS-01 to LS-04, and what takes its tasks.
#include "tokio/task/local_set.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sdk/task/probe.hpp"
#include "tokio/sync.hpp"
#include "tokio/task/join_set.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using sdk_test::after;
using sdk_test::gate;
using sdk_test::give;
using sdk_test::hold;
using sdk_test::never;
using tokio::local_set;
using tokio::spawn_local;
using tokio::task;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;

namespace {

task<> note(std::vector<int>& log, int value) {
  log.push_back(value);
  co_return;
}
task<> note_forever(int& polls) {
  co_await tokio::poll_fn([&polls](tokio::context& cx) -> tokio::poll<void> {
    ++polls;
    cx.waker().wake();
    return tokio::pending;
  });
}

// What runtimes have.
struct blocking_thing {
  template <class F>
  auto block_on(F future) const {
    return tokio::test::block_on(std::move(future));
  }
};

}  // namespace

TEST_CASE("[LS-01] run_until gives what its future gives, and its tasks run meanwhile; what is left stays") {
  fake_host host;
  local_set set;
  gate open;
  std::vector<int> log;
  auto value = block_on(set.run_until([](std::vector<int>& seen, gate& at) -> task<int> {
    auto first = spawn_local(note(seen, 1));
    spawn_local(after(at));
    CHECK(co_await first);
    co_return 7;
  }(log, open)));
  CHECK(value == 7);
  CHECK(log == std::vector{1});
  CHECK(set.len() == 1);
  open.open(3);
  host.run_until_stalled();
  CHECK(set.len() == 1);  // nobody drives it
  block_on(set);
  CHECK(set.len() == 0);
}

TEST_CASE("[LS-01] awaited itself, the set is ready when all tasks have ended, nested ones too") {
  fake_host host;
  local_set set;
  std::vector<int> log;
  set.spawn_local(
      [](std::vector<int>& seen) -> task<> {
        co_await tokio::yield_now();
        spawn_local(
            [](std::vector<int>& in) -> task<> {
              co_await tokio::time::sleep(5ms);
              in.push_back(2);
            },
            std::ref(seen));
        seen.push_back(1);
      },
      std::ref(log));
  block_on(set);
  CHECK(log == std::vector{1, 2});
  block_on(set);  // of an empty one at once
}

TEST_CASE("[LS-01] tasks of one set are polled one after the other by the task that drives it, wherever it is") {
  fake_host host;
  std::vector<std::string> log;
  const auto driver = [](std::vector<std::string>& seen) -> task<> {
    local_set set;
    int inside = 0;
    for (int i = 0; i < 4; ++i)
      set.spawn_local(
          [](int& now, std::vector<std::string>& in) -> task<> {
            for (int turn = 0; turn < 3; ++turn) {
              CHECK(++now == 1);
              in.push_back("turn");
              CHECK(--now == 0);
              co_await tokio::yield_now();
            }
          },
          std::ref(inside), std::ref(seen));
    co_await set;
  };
  block_on(tokio::spawn(driver, std::ref(log)));
  CHECK(log.size() == 12);
}

TEST_CASE("[LS-01] run_until shares the budget of whoever polls it, and each task has its own") {
  fake_host host;
  local_set set;
  int spent = 0;
  hand_poll run(set.run_until(tokio::poll_fn([&](tokio::context& cx) -> tokio::poll<void> {
    while (cx.proceed()) ++spent;
    return tokio::pending;
  })));
  CHECK(run.poll_with_budget(5).is_pending());
  CHECK(spent == 5);
  CHECK(run.budget_left() == 0);
  int spent_inside = 0;
  set.spawn_local(tokio::poll_fn([&](tokio::context& cx) -> tokio::poll<void> {
    while (cx.proceed()) ++spent_inside;
    return tokio::ready();
  }));
  host.run_until_stalled();
  CHECK(run.poll_with_budget(5).is_pending());
  CHECK(spent_inside == tokio::local_tasks::budget_of_a_task);
  CHECK(spent == 10);
}

TEST_CASE("[LS-02] a turn polls 61 tasks and then lets others run") {
  fake_host host;
  local_set set;
  std::vector<int> log;
  for (int i = 0; i < 62; ++i) set.spawn_local(note(log, i));
  host.run_until_stalled();
  hand_poll all(set.run_until(never()));
  CHECK(all.poll().is_pending());
  CHECK(log.size() == 61);
  CHECK(all.is_woken());
  CHECK(all.poll().is_pending());
  CHECK(log.size() == 62);
  for (int i = 0; i < 62; ++i) CHECK(log[static_cast<std::size_t>(i)] == i);  // the one that waited longest first
  CHECK_FALSE(all.is_woken());
}

TEST_CASE("[LS-02] tasks that never wait keep neither the set's future nor each other from running") {
  fake_host host;
  local_set set;
  int first = 0;
  int second = 0;
  auto ended = block_on(set.run_until([](int& a, int& b) -> task<int> {
    spawn_local(note_forever(a));
    spawn_local(note_forever(b));
    for (int i = 0; i < 10; ++i) co_await tokio::yield_now();
    co_return 1;
  }(first, second)));
  CHECK(ended == 1);
  CHECK(first > 3);
  CHECK(second > 3);
}

TEST_CASE("[LS-03] a task that is spawned from outside wakes the set, and is polled only by it") {
  fake_host host;
  local_set set;
  std::vector<int> log;
  hand_poll run(set.run_until(never()));
  CHECK(run.poll().is_pending());
  CHECK_FALSE(run.is_woken());
  auto handle = set.spawn_local<"late">(note(log, 1));
  CHECK(host.task_names() == std::vector<std::string>{"late"});
  host.run_until_stalled();
  CHECK(log.empty());
  CHECK(run.is_woken());
  CHECK(run.poll().is_pending());
  CHECK(log == std::vector{1});
  host.run_until_stalled();
  CHECK(handle.is_finished());
}

TEST_CASE("[LS-03] a wake polls the task it was meant for and no other") {
  fake_host host;
  local_set set;
  gate one, two;
  auto first = set.spawn_local(after(one));
  auto second = set.spawn_local(after(two));
  hand_poll run(set.run_until(never()));
  host.run_until_stalled();
  CHECK(run.poll().is_pending());
  CHECK(one.polls == 1);
  CHECK(two.polls == 1);
  two.open(2);
  two.nudge();  // several wakes are one poll
  host.run_until_stalled();
  CHECK(run.poll().is_pending());
  CHECK(one.polls == 1);
  CHECK(two.polls == 2);
  CHECK(block_on(std::move(second)).value() == 2);
}

TEST_CASE("[LS-03] [TK-14] [TK-25] a local task has an id and locals of its own, and spawn() in it leaves the set") {
  fake_host host;
  static constinit tokio::local_key<int> number;
  local_set set;
  auto run = [](local_set& in) -> task<> {
    auto id = co_await spawn_local([]() -> task<tokio::task_id> {
      CHECK_FALSE(number.try_get());
      co_return tokio::this_task::id();
    });
    auto handle = spawn_local(never());
    CHECK(id.value() != tokio::this_task::try_id());
    const auto before = in.len();
    auto outside = tokio::spawn(give(5));
    CHECK(in.len() == before);
    CHECK(number.get() == 3);  // run_until's own future is no task of its own
    CHECK((co_await outside).value() == 5);
    handle.abort();
    CHECK((co_await handle).error().is_cancelled());
  };
  block_on(number.scope(3, set.run_until(run(set))));
}

TEST_CASE("[LS-03] [TK-25] [LS-06] what was in force around a set is in force after it has polled or destroyed tasks") {
  fake_host host;
  static constinit tokio::local_key<int> number;
  block_on(number.scope(3, []() -> task<> {
    local_set polled;
    polled.spawn_local(give(1)).detach();
    co_await polled;
    CHECK(number.try_get() == 3);
    {
      local_set ended;
      ended.spawn_local(never()).detach();
    }
    CHECK(number.try_get() == 3);
  }()));
  local_set outer;
  block_on(outer.run_until([](local_set& around) -> task<> {
    local_set inner;
    inner.spawn_local(give(1)).detach();
    co_await inner;
    CHECK_THROWS_AS(tokio::block_in_place([] {}), tokio::panic_error);
    spawn_local(never()).detach();
    CHECK(around.len() == 1);
  }(outer)));
}

TEST_CASE("[LS-03] a task that drives its own set is not polled inside of its own poll, and loses no wake") {
  fake_host host;
  local_set set;
  int depth = 0;
  int polls = 0;
  set.spawn_local(tokio::poll_fn([&](tokio::context& cx) -> tokio::poll<void> {
       CHECK(++depth == 1);
       if (++polls == 1) {
         cx.waker().wake();
         host.run_until_stalled();  // what another worker does meanwhile
         auto nested = set.run_until(never());
         CHECK(nested.poll(cx).is_pending());
       }
       --depth;
       return polls == 1 ? tokio::poll<void>(tokio::pending) : tokio::ready();
     }))
      .detach();
  host.run_until_stalled();
  hand_poll run(set.run_until(never()));
  CHECK(run.poll().is_pending());
  CHECK(polls == 2);
  CHECK(set.len() == 0);
}

TEST_CASE("[LS-01] [LS-03] of two that drive a set, one that goes leaves the other to be woken") {
  fake_host host;
  local_set set;
  gate at;
  auto handle = set.spawn_local(after(at));
  hand_poll stays(set.run_until(never()));
  host.run_until_stalled();
  CHECK(stays.poll().is_pending());
  {
    hand_poll goes(set.run_until(never()));
    CHECK(goes.poll().is_pending());
  }
  CHECK_FALSE(stays.is_woken());
  at.open(5);
  host.run_until_stalled();
  CHECK(stays.is_woken());
  CHECK(stays.poll().is_pending());
  CHECK(block_on(std::move(handle)).value() == 5);
}

TEST_CASE("[LS-01] a thread that has driven a set to the end is not woken by it any more") {
  fake_host host;
  local_set set;
  std::vector<int> log;
  // The wakers that its tasks see are the host's; those of the future that it awaits are the thread's own.
  const auto run_on_thread = [&] {
    bool asked = false;
    tokio::sync::block_on(set.run_until(tokio::poll_fn([&](tokio::context& cx) -> tokio::poll<void> {
      if (std::exchange(asked, true)) return tokio::ready();
      tokio::sync::wake(cx.waker());
      return tokio::pending;
    })),
                          "this thread polls no task");
    tokio::sync::block_on(set, "this thread polls no task");
  };
  run_on_thread();
  volatile char where_it_was[4096];
  for (auto& byte : where_it_was) byte = 0;
  set.spawn_local(note(log, 1)).detach();
  host.run_until_stalled();
  CHECK(std::ranges::count_if(where_it_was, [](char byte) { return byte != 0; }) == 0);
  block_on(set);
  CHECK(log == std::vector{1});
}

TEST_CASE("[LS-03] a future of the set, awaited by who drives the set, wakes nobody while it waits") {
  fake_host host;
  local_set set;
  gate at;
  hand_poll run(set.run_until(set.local(after(at))));
  CHECK(run.poll().is_pending());
  at.nudge();
  CHECK(run.is_woken());
  CHECK(run.poll().is_pending());
  CHECK_FALSE(run.is_woken());
  at.open(4);
  CHECK(run.is_woken());
  CHECK(run.poll_until_idle().value() == 4);
}

TEST_CASE("[LS-03] a local task that throws is the panic of its handle, and nothing else ends") {
  fake_host host;
  local_set set;
  auto thrower = set.spawn_local([]() -> task<int> {
    throw std::runtime_error("disk on fire");
    co_return 1;
  });
  auto other = set.spawn_local(give(2));
  block_on(set);
  CHECK(block_on(std::move(thrower)).error().message() == "disk on fire");
  CHECK(block_on(std::move(other)).value() == 2);
}

TEST_CASE("[LS-03] [TK-05] [TK-06] abort destroys a local task where its set is driven, and then it is finished") {
  fake_host host;
  local_set set;
  auto kept = std::make_shared<int>(1);
  auto handle = set.spawn_local(hold(kept));
  hand_poll run(set.run_until(never()));
  host.run_until_stalled();
  CHECK(run.poll().is_pending());
  handle.abort();
  host.run_until_stalled();
  CHECK(kept.use_count() == 2);
  CHECK_FALSE(handle.is_finished());
  CHECK(run.poll().is_pending());
  CHECK(kept.use_count() == 1);
  host.run_until_stalled();
  CHECK(handle.is_finished());
  CHECK(block_on(std::move(handle)).error().is_cancelled());
  CHECK(set.len() == 0);
}

TEST_CASE("[LS-03] a task that is aborted before its first poll never runs") {
  fake_host host;
  local_set set;
  std::vector<int> log;
  auto handle = set.spawn_local(note(log, 1));
  handle.abort();
  block_on(set);
  CHECK(log.empty());
  CHECK(block_on(std::move(handle)).error().is_cancelled());
}

TEST_CASE("[LS-04] spawn_local outside of a set panics, blaming its caller, and works under enter()") {
  fake_host host;
  try {
    spawn_local(give(1));
    FAIL("it did not panic");
  } catch (const tokio::panic_error& panicked) {
    CHECK(std::string(panicked.what()) == "spawn_local() needs a local_set: run_until(), one of its tasks, or enter()");
    CHECK(panicked.where().line() == __LINE__ - 4);
  }
  local_set set;
  local_set inner;
  {
    auto here = set.enter();
    spawn_local(give(1)).detach();
    {
      auto deeper = inner.enter();
      spawn_local(give(2)).detach();
    }
    spawn_local(give(3)).detach();
    tokio::block_in_place([] {});  // nothing runs here
  }
  CHECK(set.len() == 2);
  CHECK(inner.len() == 1);
  CHECK_THROWS_AS(spawn_local(give(4)), tokio::panic_error);
  block_on(set);
}

TEST_CASE("[LS-01] block_on runs the set on whatever can block") {
  fake_host host;
  blocking_thing here;
  local_set set;
  CHECK(set.block_on(here, []() -> task<int> { co_return (co_await spawn_local(give(4))).value(); }()) == 4);
}

TEST_CASE("[JS-01] [TK-15] join_set::spawn_local, spawn_local_on and a future of the set are joined like any task") {
  fake_host host;
  local_set set;
  tokio::join_set<int> joins;
  joins.spawn_local_on<"named">(set, give(1));
  joins.spawn(set.local(give(2)));
  CHECK_THROWS_AS(joins.spawn_local(give(3)), tokio::panic_error);
  CHECK(joins.len() == 2);
  auto sum = block_on(set.run_until([](tokio::join_set<int>& all) -> task<int> {
    all.spawn_local(give(4));
    int total = 0;
    while (auto one = co_await all.join_next()) total += one->value();
    co_return total;
  }(joins)));
  CHECK(sum == 7);
}

TEST_CASE("[LS-03] a future of the set that loses a select is destroyed by the set") {
  fake_host host;
  local_set set;
  auto kept = std::make_shared<int>(1);
  block_on(set.run_until([](local_set& in, std::shared_ptr<int> held) -> task<> {
    auto won = co_await tokio::select(tokio::biased, in.local(hold(std::move(held))), tokio::time::sleep(1ms));
    CHECK(won.index() == 1);
    co_await tokio::yield_now();
  }(set, kept)));
  CHECK(kept.use_count() == 1);
}

TEST_CASE("[LS-03] a thousand local tasks talk through channels, whatever the order of the host") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    fake_host host(seed);
    local_set set;
    auto [tx, rx] = tokio::sync::mpsc::channel<int>(4);
    auto sum = block_on(set.run_until([](auto to, auto from) -> task<long> {
      for (int i = 0; i < 1000; ++i)
        spawn_local(
            [](auto into, int value) -> task<> {
              co_await tokio::yield_now();
              (void)co_await into.send(value);
            },
            to, i)
            .detach();
      {
        auto last = std::move(to);
      }
      long total = 0;
      while (auto one = co_await from.recv()) total += *one;
      co_return total;
    }(std::move(tx), std::move(rx))));
    CHECK(sum == 499'500);
  }
}
