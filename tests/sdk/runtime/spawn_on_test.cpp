// Tasks of one runtime that are spawned from inside of another: rows TK-14, TK-15 and JS-01.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "flavors.hpp"
#include "tokio/task/join_set.hpp"
#include "tokio/time.hpp"

using tokio::task;
using tokio::runtime::handle;
using tokio::test::both;
using tokio::test::make;
using tokio::test::on_both;

namespace {

task<tokio::runtime::id> where() { co_return handle::current().id(); }

}  // namespace

TEST_CASE("[TK-15] a task spawns into another runtime, with a name, and awaits what it spawned there") {
  std::atomic<int> named = 0;
  on_both([&](auto& rt, bool one_thread) {
    auto with = both(false);
    with.on_task_spawn([&](const tokio::runtime::task_meta& about) { named += about.name == "elsewhere"; });
    auto other = make(with);
    const auto there = other.handle();
    named = 0;
    auto inside = rt.spawn(
        [](handle to, bool may_block) -> task<> {
          const auto here = handle::current().id();
          auto one = to.spawn<"elsewhere">(where());
          auto two = to.try_spawn<"elsewhere">([](int) { return where(); }, 1);
          CHECK((co_await one).value() == to.id());
          CHECK((co_await *std::move(two)).value() == to.id());
          CHECK((co_await to.spawn_blocking([] { return handle::current().id(); })).value() == to.id());
          CHECK((co_await *to.try_spawn_blocking([] { return handle::current().id(); })).value() == to.id());
          CHECK(handle::current().id() == here);
          if (!may_block) co_return;
          auto from_stretch = tokio::block_in_place([&] { return to.spawn<"elsewhere">(where()); });
          CHECK((co_await from_stretch).value() == to.id());
          CHECK(handle::current().id() == here);
        },
        there, !one_thread);
    CHECK(rt.block_on(inside).has_value());
    CHECK(named == (one_thread ? 2 : 3));
  });
}

TEST_CASE("[TK-15] [RR-10] try_spawn and try_spawn_blocking of a handle whose runtime has ended say so") {
  std::optional<handle> kept;
  kept = make(both(false)).handle();
  const auto refused = kept->try_spawn(where());
  REQUIRE_FALSE(refused.has_value());
  CHECK(tokio::runtime::is_rt_shutdown_err(refused.error()));
  CHECK(tokio::runtime::is_rt_shutdown_err(kept->try_spawn_blocking([] {}).error()));
}

TEST_CASE("[TK-14] the id of a task: another one, or none, in a runtime inside of block_in_place, and then its own") {
  auto rt = make(both(false));
  auto inner = make(both(true));
  auto outside = rt.spawn(
      [](tokio::runtime::runtime& other) -> task<> {
        const auto mine = tokio::this_task::id();
        tokio::block_in_place([&] {
          CHECK(tokio::this_task::id() == mine);
          other.block_on([&]() -> task<> {
            CHECK_FALSE(tokio::this_task::try_id().has_value());
            CHECK_THROWS_AS(tokio::this_task::id(), tokio::panic_error);
            auto spawned = tokio::spawn([]() -> task<tokio::task_id> { co_return tokio::this_task::id(); });
            const auto its = spawned.id();
            CHECK((co_await spawned).value() == its);
            CHECK_FALSE(its == mine);
            CHECK_FALSE(tokio::this_task::try_id().has_value());
          });
          CHECK(tokio::this_task::id() == mine);
        });
        CHECK(tokio::this_task::id() == mine);
        co_await tokio::yield_now();
        CHECK(tokio::this_task::id() == mine);
      },
      std::ref(inner));
  CHECK(rt.block_on(outside).has_value());
}

TEST_CASE("[JS-01] a join_set has tasks and jobs of several runtimes, and they are joined, and aborted, like any") {
  on_both([](auto& rt, bool) {
    auto other = make(both(false));
    const auto there = other.handle();
    const auto seen = rt.block_on([&]() -> task<std::vector<tokio::runtime::id>> {
      tokio::join_set<tokio::runtime::id> set;
      set.spawn(where());
      set.spawn_on<"there">(there, where());
      set.spawn_blocking_on(there, [] { return handle::current().id(); });
      const auto never = set.spawn_on(there, []() -> task<tokio::runtime::id> {
        co_await tokio::time::sleep(std::chrono::hours(1));
        co_return handle::current().id();
      });
      never.abort();
      std::vector<tokio::runtime::id> from;
      int cancelled = 0;
      while (auto one = co_await set.join_next()) one->has_value() ? from.push_back(**one) : void(++cancelled);
      CHECK(cancelled == 1);
      co_return from;
    });
    CHECK(seen.size() == 3);
    CHECK(std::ranges::count(seen, there.id()) == 2);
    CHECK(std::ranges::count(seen, rt.handle().id()) == 1);
  });
}
