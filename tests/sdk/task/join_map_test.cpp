// join_map, rows JS-09 and JS-10.
#include "tokio/task/join_map.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "sdk/task/probe.hpp"

using sdk_test::gate;
using sdk_test::give;
using sdk_test::hold;
using sdk_test::never;
using tokio::task;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;
using map_of_int = tokio::join_map<std::string, int>;

namespace {

// A hash that throws while it is told to.
struct moody_hash {
  static inline bool throws = false;
  std::size_t operator()(int key) const {
    if (throws) throw std::runtime_error("no hash");
    return static_cast<std::size_t>(key) % 2;
  }
};
// As a function's argument: a copy of it throws.
struct no_copy {
  no_copy() = default;
  no_copy(const no_copy&) { throw std::runtime_error("copied"); }
};
using moody_map = tokio::join_map<int, int, moody_hash>;

std::vector<std::string> sorted(std::vector<std::string> keys) {
  std::ranges::sort(keys);
  return keys;
}

}  // namespace

TEST_CASE("[JS-09] every task has a key, until it is joined") {
  fake_host host;
  map_of_int map;
  CHECK(map.is_empty());
  const auto one = map.spawn("one", give(1));
  map.spawn("two", [](int value) -> task<int> { co_return value; }, 2);
  map.spawn_blocking("three", [] { return 3; });
  CHECK(map.len() == 3);
  CHECK(sorted(map.keys()) == std::vector<std::string>{"one", "three", "two"});
  CHECK(map.contains_key("one"));
  CHECK_FALSE(map.contains_key("four"));
  CHECK(map.contains_task(one.id()));
  host.run_until_stalled();
  CHECK(map.contains_key("one"));
  CHECK(map.contains_task(one.id()));
  std::vector<std::pair<std::string, int>> seen;
  while (auto joined = block_on(map.join_next())) seen.emplace_back(joined->first, joined->second.value());
  std::ranges::sort(seen);
  CHECK(seen == std::vector<std::pair<std::string, int>>{{"one", 1}, {"three", 3}, {"two", 2}});
  CHECK(map.is_empty());
  CHECK_FALSE(map.contains_task(one.id()));
}

TEST_CASE("[JS-09] [B-058] a second task under a key aborts the first one, whose result is never given") {
  fake_host host;
  auto tracked = std::make_shared<int>(1);
  map_of_int map;
  map.spawn("key", hold, tracked);
  host.run_until_stalled();
  map.spawn("key", give(2));
  host.run_until_stalled();
  CHECK(tracked.use_count() == 1);
  map.spawn("key", give(3));  // the second one had ended already
  CHECK(map.len() == 1);
  host.run_until_stalled();
  auto joined = block_on(map.join_next());
  CHECK(joined->first == "key");
  CHECK(joined->second == 3);
  CHECK_FALSE(block_on(map.join_next()).has_value());
  CHECK_FALSE(map.try_join_next().has_value());
}

TEST_CASE("[JS-09] five spawns under one key give one result, at once or one by one") {
  fake_host host;
  map_of_int map;
  for (int i = 0; i < 5; ++i) {
    map.spawn("key", give(i));
    if (i == 2) host.run_until_stalled();
  }
  host.run_until_stalled();
  CHECK(map.try_join_next()->second == 4);
  CHECK_FALSE(map.try_join_next().has_value());
  CHECK(map.is_empty());
}

TEST_CASE("[JS-09] tasks are aborted by key, by what is said of the key, or all") {
  fake_host host;
  tokio::join_map<int, int> map;
  for (int i = 0; i < 6; ++i) map.spawn(i, never());
  host.run_until_stalled();
  CHECK(map.abort(0));
  CHECK_FALSE(map.abort(17));
  map.abort_matching([](int key) { return key % 2 == 1; });
  host.run_until_stalled();
  CHECK(map.len() == 6);
  CHECK(map.contains_key(0));
  std::vector<int> keys;
  while (auto one = map.try_join_next()) {
    CHECK(one->second.error().is_cancelled());
    keys.push_back(one->first);
  }
  std::ranges::sort(keys);
  CHECK(keys == std::vector<int>{0, 1, 3, 5});
  map.abort_all();
  CHECK(map.len() == 2);
  block_on(map.shutdown());
  CHECK(map.is_empty());
}

TEST_CASE("[JS-09] the room of a map can be reserved and given back") {
  fake_host host;
  map_of_int map;
  map.reserve(1000);
  CHECK(map.capacity() >= 1000);
  map.spawn("one", give(1));
  map.shrink_to_fit();
  CHECK(map.capacity() < 1000);
  CHECK(block_on(map.join_next())->second == 1);
}

TEST_CASE("[JS-09] the end of a map aborts all tasks, and so does assigning another one to it") {
  fake_host host;
  auto tracked = std::make_shared<int>(1);
  {
    map_of_int map;
    map.spawn("one", hold, tracked);
    map.spawn("two", hold, tracked);
    host.run_until_stalled();
  }
  map_of_int map, other;
  map.spawn("three", hold, tracked);
  other.spawn("four", give(4));
  map = std::move(other);
  host.run_until_stalled();
  CHECK(tracked.use_count() == 1);
  CHECK(block_on(map.join_next())->first == "four");
}

TEST_CASE("[JS-10] join_next gives the key with the result, and a wait that is dropped loses nothing") {
  fake_host host;
  gate at;
  tokio::join_map<int> map;
  map.spawn(7, [&]() -> task<> { co_await at.wait(); });
  map.spawn(8, []() -> task<> {
    throw std::runtime_error("broken");
    co_return;
  });
  host.run_until_stalled();
  {
    hand_poll first(map.join_next());
    auto failed = std::move(first.poll().value());
    CHECK(failed->first == 8);
    CHECK(failed->second.error().message() == "broken");
    hand_poll waits(map.join_next());
    CHECK(waits.poll().is_pending());
  }
  at.open();
  host.run_until_stalled();
  hand_poll last(map.join_next());
  CHECK(last.poll_with_budget(0).is_pending());
  auto joined = std::move(last.poll_with_budget(1).value());
  CHECK(joined->first == 7);
  CHECK(joined->second.has_value());
}

TEST_CASE("[JS-10] detached tasks go on, and can still be aborted by their key") {
  fake_host host;
  gate at;
  int reached = 0;
  auto tracked = std::make_shared<int>(1);
  map_of_int map;
  map.spawn("goes on", [&]() -> task<int> { co_return reached = co_await at.wait(); });
  map.spawn("aborted", hold, tracked);
  host.run_until_stalled();
  map.detach_all();
  CHECK(map.is_empty());
  CHECK_FALSE(map.contains_key("aborted"));
  CHECK_FALSE(block_on(map.join_next()).has_value());
  CHECK(map.abort("aborted"));
  host.run_until_stalled();
  CHECK(tracked.use_count() == 1);
  CHECK_FALSE(map.abort("aborted"));
  at.open(3);
  host.run_until_stalled();
  CHECK(reached == 3);
  map.spawn("goes on", never());
  host.run_until_stalled();
  map.abort("goes on");
  host.run_until_stalled();
  CHECK(map.try_join_next()->second.error().is_cancelled());
}

TEST_CASE("[JS-09] a key whose hash throws starts no task, and the map stays as it was") {
  fake_host host;
  auto tracked = std::make_shared<int>(1);
  moody_map map;
  map.spawn(1, give(1));
  moody_hash::throws = true;
  CHECK_THROWS_WITH_AS(map.spawn(2, hold, tracked), "no hash", std::runtime_error);
  moody_hash::throws = false;
  CHECK(tracked.use_count() == 1);
  CHECK(host.live_tasks() == 1);
  CHECK(map.len() == 1);
  CHECK(block_on(map.join_next())->second == 1);
  CHECK_FALSE(block_on(map.join_next()).has_value());
}

TEST_CASE("[JS-09] a task that cannot be started has no key, and one that has the key goes on") {
  fake_host host;
  moody_map map;
  const no_copy argument;
  const auto start = [&](int key) { map.spawn(key, [](const no_copy&) { return give(0); }, argument); };
  map.spawn(1, give(1));
  CHECK_THROWS_WITH_AS(start(1), "copied", std::runtime_error);
  CHECK_THROWS_WITH_AS(start(2), "copied", std::runtime_error);
  CHECK(map.keys() == std::vector<int>{1});
  map.spawn(2, give(2));
  CHECK(map.len() == 2);
  int sum = 0;
  while (auto one = block_on(map.join_next())) sum += one->second.value();
  CHECK(sum == 3);
}

TEST_CASE("[JS-10] a hash that throws while a task is joined loses neither the result nor the key") {
  fake_host host;
  moody_map map;
  for (int i = 0; i < 40; ++i) map.spawn(i, give(10 * i));
  host.run_until_stalled();
  moody_hash::throws = true;
  for (int i = 0; i < 40; ++i) {
    auto one = map.try_join_next();
    CHECK(one->first == i);
    CHECK(one->second == 10 * i);
  }
  moody_hash::throws = false;
  CHECK(map.is_empty());
  CHECK(map.keys().empty());
}

TEST_CASE("[JS-10] a result whose move throws is given as that exception, and its key is free") {
  using sdk_test::fragile;
  fake_host host;
  tokio::join_map<int, fragile> map;
  map.spawn(1, sdk_test::give_fragile(1));
  host.run_until_stalled();
  fragile::left = 1;
  CHECK_THROWS_WITH_AS((void)map.try_join_next(), "moved", std::runtime_error);
  CHECK_FALSE(map.contains_key(1));
  map.spawn(1, sdk_test::give_fragile(2));
  host.run_until_stalled();
  CHECK(map.try_join_next()->second->value == 2);
  CHECK(map.is_empty());
}

TEST_CASE("[JS-09] a map that was moved from is empty, and tasks can be spawned into it") {
  fake_host host;
  map_of_int map;
  map.spawn("one", give(1));
  map_of_int moved(std::move(map));
  map.spawn("two", give(2));  // NOLINT(bugprone-use-after-move): that is the question
  CHECK(block_on(map.join_next())->first == "two");
  CHECK(block_on(moved.join_next())->first == "one");
}
