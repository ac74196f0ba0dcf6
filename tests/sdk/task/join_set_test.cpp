// join_set, rows JS-01 to JS-08.
#include "tokio/task/join_set.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <ranges>
#include <stdexcept>

#include "sdk/task/probe.hpp"

using sdk_test::after;
using sdk_test::gate;
using sdk_test::give;
using sdk_test::hold;
using sdk_test::never;
using sdk_test::tracer;
using tokio::join_set;
using tokio::task;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;

namespace {

task<int> fail(const char* what) {
  throw std::runtime_error(what);
  co_return 0;
}

// What is there without waiting, in the order given.
std::vector<int> ended(join_set<int>& set) {
  std::vector<int> values;
  while (auto one = set.try_join_next()) values.push_back(one->value_or(-1));
  return values;
}

}  // namespace

TEST_CASE("[JS-01] tasks of every kind are spawned into a set, and give an abort handle each") {
  fake_host host;
  join_set<int> set;
  CHECK(set.is_empty());
  set.spawn(give(1));
  set.spawn([](int a, int b) -> task<int> { co_return a + b; }, 1, 1);
  set.spawn([keep = std::make_unique<int>(3)]() -> task<int> { co_return *keep; });
  set.spawn(tokio::poll_fn([](tokio::context&) -> tokio::poll<int> { return 4; }));
  set.spawn_blocking([] { return 5; });
  const auto abort = set.spawn(never());
  CHECK(set.len() == 6);
  host.run_until_stalled();
  CHECK_FALSE(abort.is_finished());
  abort.abort();
  host.run_until_stalled();
  auto values = ended(set);
  std::ranges::sort(values);
  CHECK(values == std::vector<int>{-1, 1, 2, 3, 4, 5});
  CHECK(set.is_empty());
}

TEST_CASE("[JS-01] a future that cannot be moved is spawned by a function that makes it") {
  fake_host host;
  struct fixed {
    using output = int;
    fixed() = default;
    fixed(const fixed&) = delete;
    fixed& operator=(const fixed&) = delete;
    tokio::poll<int> poll(tokio::context&) { return 7; }
  };
  join_set<int> set;
  set.spawn([] { return fixed(); });
  CHECK(block_on(set.join_next()).value() == 7);
}

TEST_CASE("[JS-01] what the host refuses is joined as cancelled, and what it was given is destroyed") {
  fake_host host;
  auto tracked = std::make_shared<int>(1);
  join_set<int> set;
  const auto spawn_one = [&] { return set.spawn([](std::shared_ptr<int> p) -> task<int> { co_return *p; }, tracked); };
  host.refuse_spawn = true;
  CHECK(spawn_one().is_finished());
  host.refuse_spawn = false;
  host.fail_alloc_after = 0;
  spawn_one();
  host.fail_alloc_after = -1;
  host.closed = true;
  set.spawn_blocking([tracked] { return *tracked; });
  host.closed = false;
  CHECK(tracked.use_count() == 1);
  CHECK(set.len() == 3);
  for (int i = 0; i < 3; ++i) CHECK(block_on(set.join_next())->error().is_cancelled());
  CHECK_FALSE(block_on(set.join_next()).has_value());
}

TEST_CASE("[JS-01] a callable that cannot be kept leaves the set as it was") {
  fake_host host;
  struct throws_when_copied {
    throws_when_copied() = default;
    throws_when_copied(const throws_when_copied&) { throw std::runtime_error("copied"); }
    task<int> operator()() const { return give(1); }
  };
  join_set<int> set;
  set.spawn(give(1));
  const throws_when_copied callable;
  CHECK_THROWS_AS(set.spawn(callable), std::runtime_error);
  CHECK(set.len() == 1);
  CHECK(block_on(set.join_next()).value() == 1);
  CHECK_FALSE(block_on(set.join_next()).has_value());
}

TEST_CASE("[JS-02] a task of a set may have a name") {
  fake_host host;
  host.hold_jobs = true;
  join_set<int> set;
  set.spawn<"one">(never());
  set.spawn(never());
  set.spawn_blocking<"two">([] { return 1; });
  set.spawn_blocking([] { return 1; });
  CHECK(host.task_names() == std::vector<std::string>{"one", "", "two", "blocking"});
}

TEST_CASE("[JS-03] [B-055] results come in the order in which the tasks end") {
  fake_host host;
  gate first, second, third;
  join_set<int> set;
  set.spawn(after(first));
  set.spawn(after(second));
  const auto third_task = set.spawn(after(third));
  host.run_until_stalled();
  hand_poll next(set.join_next());
  CHECK(next.poll().is_pending());
  third.open(3);
  host.run_until_stalled();
  CHECK(next.is_woken());
  CHECK(next.poll().value().value() == 3);
  CHECK(set.len() == 2);
  second.open(2);
  host.run_until_stalled();
  first.open(1);
  host.run_until_stalled();
  CHECK(block_on(set.join_next_with_id()).value()->second == 2);
  CHECK(block_on(set.join_next()).value() == 1);
  CHECK_FALSE(block_on(set.join_next()).has_value());
  CHECK_FALSE(block_on(set.join_next_with_id()).has_value());
  CHECK(third_task.is_finished());
}

TEST_CASE("[JS-03] ids tell the tasks of a set apart, and an error has its own") {
  fake_host host;
  join_set<int> set;
  const auto good = set.spawn(give(1));
  auto one = block_on(set.join_next_with_id()).value();
  CHECK(one->first == good.id());
  CHECK(one->second == 1);
  const auto bad = set.spawn(fail("broken"));
  CHECK(bad.id() != good.id());
  auto other = block_on(set.join_next_with_id()).value();
  CHECK(other.error().id() == bad.id());
  CHECK(other.error().message() == "broken");
  join_set<> nothing;
  const auto plain = nothing.spawn([]() -> task<> { co_return; });
  CHECK(block_on(nothing.join_next_with_id()).value()->first == plain.id());
  nothing.spawn([]() -> task<> { co_return; });
  CHECK(block_on(nothing.join_next())->has_value());
}

TEST_CASE("[JS-03] a wait that is dropped loses nothing, wherever it is dropped") {
  fake_host host;
  gate at;
  join_set<int> set;
  set.spawn(after(at));
  {
    hand_poll unpolled(set.join_next());
    hand_poll waits(set.join_next());
    CHECK(waits.poll().is_pending());
  }
  at.open(1);
  host.run_until_stalled();
  {
    hand_poll without_budget(set.join_next());
    CHECK(without_budget.poll_with_budget(0).is_pending());
    CHECK(without_budget.is_woken());
  }
  hand_poll last(set.join_next());
  CHECK(last.poll_with_budget(2).value().value() == 1);
  CHECK(last.budget_left() == 1);
}

TEST_CASE("[JS-04] [B-056] a thousand tasks that have ended are joined in one go, without budget") {
  fake_host host;
  join_set<int> set;
  for (int i = 0; i < 1000; ++i) set.spawn(give(i));
  CHECK_FALSE(set.try_join_next().has_value());
  host.run_until_stalled();
  hand_poll drains(tokio::poll_fn([&](tokio::context&) -> tokio::poll<std::size_t> { return ended(set).size(); }));
  CHECK(drains.poll_with_budget(1).value() == 1000);
  CHECK(drains.budget_left() == 1);
  CHECK_FALSE(set.try_join_next_with_id().has_value());
}

TEST_CASE("[JS-04] asking without waiting leaves the one who waits in place, also outside of a task") {
  fake_host host;
  gate at;
  join_set<int> set;
  set.spawn(after(at));
  host.run_until_stalled();
  hand_poll waits(set.join_next());
  CHECK(waits.poll().is_pending());
  CHECK_FALSE(set.try_join_next().has_value());
  at.open(4);
  host.run_until_stalled();
  CHECK(waits.is_woken());
  CHECK(set.try_join_next_with_id().value()->second == 4);
  CHECK_FALSE(waits.poll().value().has_value());
}

TEST_CASE("[JS-05] of several polls the newest is woken") {
  fake_host host;
  gate at;
  join_set<int> set;
  set.spawn(after(at));
  host.run_until_stalled();
  auto by_hand = [&](tokio::context& cx) { return set.poll_join_next(cx); };
  hand_poll older(tokio::poll_fn(by_hand)), newer(tokio::poll_fn(by_hand));
  CHECK(older.poll().is_pending());
  CHECK(newer.poll().is_pending());
  at.open(1);
  host.run_until_stalled();
  CHECK_FALSE(older.is_woken());
  CHECK(newer.is_woken());
  CHECK(newer.poll().value().value() == 1);
  hand_poll with_id(tokio::poll_fn([&](tokio::context& cx) { return set.poll_join_next_with_id(cx); }));
  CHECK_FALSE(with_id.poll().value().has_value());
}

TEST_CASE("[JS-06] [B-057] join_all gives all values, in the order in which the tasks ended") {
  fake_host host;
  gate first, second;
  join_set<int> set;
  set.spawn(after(first));
  set.spawn(after(second));
  set.spawn(give(3));
  hand_poll all(std::move(set).join_all());
  CHECK(all.poll().is_pending());
  host.run_until_stalled();
  second.open(2);
  host.run_until_stalled();
  first.open(1);
  host.run_until_stalled();
  CHECK(all.is_woken());
  CHECK(all.poll().value() == std::vector<int>{3, 2, 1});
  CHECK(block_on(join_set<int>().join_all()).empty());
  join_set<> nothing;
  nothing.spawn([]() -> task<> { co_return; });
  CHECK(block_on(std::move(nothing).join_all()).size() == 1);
}

TEST_CASE("[JS-06] [B-057] join_all throws what the first failed task threw, and aborts the rest") {
  fake_host host;
  auto tracked = std::make_shared<int>(1);
  join_set<int> set;
  set.spawn(hold, tracked);
  set.spawn(fail("broken"));
  CHECK_THROWS_WITH_AS(block_on(std::move(set).join_all()), "broken", std::runtime_error);
  host.run_until_stalled();
  CHECK(tracked.use_count() == 1);
  join_set<int> cancelled;
  cancelled.spawn(never()).abort();
  CHECK_THROWS_AS(block_on(std::move(cancelled).join_all()), tokio::panic_error);
}

TEST_CASE("[JS-07] abort_all keeps the tasks in the set, and those that have ended keep their values") {
  fake_host host;
  join_set<int> set;
  for (int i = 0; i < 16; ++i)
    if (i % 2 == 0)
      set.spawn(give(i));
    else
      set.spawn(never());
  host.run_until_stalled();
  set.abort_all();
  CHECK(set.len() == 16);
  host.run_until_stalled();
  CHECK(set.len() == 16);
  const auto values = ended(set);
  CHECK(std::ranges::count(values, -1) == 8);
  CHECK(std::ranges::count_if(values, [](int v) { return v % 2 == 0; }) == 8);
}

TEST_CASE("[JS-07] shutdown ends all tasks, whatever they throw, and leaves the set empty and usable") {
  fake_host host;
  std::vector<std::string> gone;
  join_set<int> set;
  set.spawn(fail("broken"));
  set.spawn([](tracer) -> task<int> { co_return co_await never(); }, tracer(gone, "one"));
  set.spawn([](tracer) -> task<int> { co_return co_await never(); }, tracer(gone, "two"));
  block_on(set.shutdown());
  CHECK(gone == std::vector<std::string>{"one", "two"});
  CHECK(set.is_empty());
  set.spawn(give(1));
  CHECK(block_on(set.join_next()).value() == 1);
}

TEST_CASE("[JS-07] detach_all empties the set, and the tasks go on unheard") {
  fake_host host;
  gate at;
  int reached = 0;
  join_set<int> set;
  set.spawn([&]() -> task<int> { co_return reached = co_await at.wait(); });
  set.spawn(give(2));
  host.run_until_stalled();
  hand_poll waits(set.join_next());
  set.detach_all();
  CHECK(set.is_empty());
  CHECK_FALSE(waits.poll().value().has_value());
  at.open(5);
  host.run_until_stalled();
  CHECK(reached == 5);
  CHECK_FALSE(set.try_join_next().has_value());
  CHECK(host.live_tasks() == 0);
}

TEST_CASE("[JS-08] the end of a set aborts all its tasks, and so does assigning another one to it") {
  fake_host host;
  auto tracked = std::make_shared<int>(1);
  {
    join_set<int> set;
    for (int i = 0; i < 3; ++i) set.spawn(hold, tracked);
    host.run_until_stalled();
    CHECK(tracked.use_count() == 4);
  }
  host.run_until_stalled();
  CHECK(tracked.use_count() == 1);
  join_set<int> set, other;
  set.spawn(hold, tracked);
  other.spawn(give(1));
  set = std::move(other);
  host.run_until_stalled();
  CHECK(tracked.use_count() == 1);
  CHECK(block_on(set.join_next()).value() == 1);
  join_set<int> moved(std::move(set));
  moved.spawn(give(2));
  CHECK(block_on(moved.join_next()).value() == 2);
}

TEST_CASE("[JS-08] a set may be made of a range of futures, and extended by one") {
  fake_host host;
  join_set<int> set(std::views::iota(0, 3) | std::views::transform(give));
  std::vector<task<int>> more;
  more.push_back(give(3));
  more.push_back(give(4));
  set.extend(more);
  CHECK(set.len() == 5);
  host.run_until_stalled();
  CHECK(ended(set) == std::vector<int>{0, 1, 2, 3, 4});
}

TEST_CASE("[JS-08] the tasks of a set whose host has ended are joined as cancelled") {
  join_set<int> set;
  std::optional<fake_host> host(std::in_place);
  set.spawn(never());
  host->run_until_stalled();
  host->abort_all();
  CHECK(set.try_join_next()->error().is_cancelled());
  host.reset();
  CHECK(set.is_empty());
}

TEST_CASE("[JS-03] fifty sets of tasks are joined whole under a hundred random orders") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    fake_host host(seed);
    int sum = 0;
    auto whole = [](int& out) -> task<> {
      join_set<int> set;
      for (int i = 0; i < 50; ++i)
        set.spawn(
            [](int turns) -> task<int> {
              for (int t = 0; t < turns % 7; ++t) co_await tokio::yield_now();
              co_return turns;
            },
            i);
      while (auto one = co_await set.join_next()) out += one->value();
    };
    block_on(whole(sum));
    REQUIRE(sum == 49 * 50 / 2);
  }
}

TEST_CASE(
    "[JS-03] [JS-04] a result whose move throws is given as that exception, and the set goes on without its task") {
  using sdk_test::fragile;
  fake_host host;
  for (int moves = 1; moves <= 3; ++moves) {
    join_set<fragile> set;
    for (int i = 1; i <= 4; ++i) set.spawn(sdk_test::give_fragile(i));
    host.run_until_stalled();
    fragile::left = moves;
    CHECK_THROWS_WITH_AS((void)set.try_join_next(), "moved", std::runtime_error);
    CHECK(set.len() == 3);
    CHECK(set.try_join_next()->value().value == 2);
    fragile::left = moves;
    CHECK_THROWS_WITH_AS((void)hand_poll(set.join_next()).poll(), "moved", std::runtime_error);
    CHECK(set.len() == 1);
    CHECK(set.try_join_next()->value().value == 4);
    CHECK_FALSE(set.try_join_next().has_value());
  }
}

TEST_CASE("[JS-08] a set that was moved from is empty, and tasks can be spawned into it") {
  fake_host host;
  join_set<int> set;
  set.spawn(give(1));
  join_set<int> moved(std::move(set));
  CHECK(set.is_empty());  // NOLINT(bugprone-use-after-move): that is the question
  CHECK_FALSE(set.try_join_next().has_value());
  set.spawn(give(2));
  moved = std::move(set);
  set.spawn(give(3));
  CHECK(block_on(moved.join_next()).value() == 2);
  CHECK(block_on(set.join_next()).value() == 3);
}

TEST_CASE("[JS-07] an output whose destructor spawns into the set is let go with the rest, and what it spawned stays") {
  fake_host host;
  using output = sdk_test::late_spawner<join_set>;
  join_set<output> set;
  for (int i = 0; i < 3; ++i) set.spawn(output::give(&set));
  host.run_until_stalled();
  set.detach_all();
  CHECK(set.len() == 300);
  host.run_until_stalled();
  int joined = 0;
  while (set.try_join_next()) ++joined;
  CHECK(joined == 300);
}
