// stream_map and notify_close, rows ST-09 and ST-10.
#include "tokio/stream/stream_map.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sdk/stream/feed.hpp"
#include "tokio/stream/adapters.hpp"
#include "tokio/stream/notify_close.hpp"
#include "tokio/stream/source.hpp"
#include "tokio/task.hpp"
#include "tokio/test.hpp"

using sdk_test::feed;
using tokio::test::fake_host;
using tokio::test::hand_poll;
namespace stream = tokio::stream;

namespace {

using rooms = stream::stream_map<std::string, feed<int>>;
using items = std::vector<rooms::item>;

}  // namespace

TEST_CASE(
    "[ST-09] each item comes with the key of its stream; a stream that ends is gone, and with the last one all ends") {
  fake_host host;
  rooms map;
  CHECK_FALSE(hand_poll(map.next()).poll().value());  // of an empty one, which may be filled again
  feed<int> first, second;
  const auto a = first.from(), b = second.from();
  CHECK(map.insert("a", std::move(first)) == nullptr);
  CHECK(map.insert("b", std::move(second)) == nullptr);
  CHECK(map.len() == 2);
  CHECK(map.contains_key("a"));
  CHECK(map.keys() == std::vector<std::string>{"a", "b"});
  hand_poll next(map.next());
  CHECK(next.poll().is_pending());
  b.put(2);
  CHECK(next.is_woken());
  CHECK(next.poll().value() == rooms::item("b", 2));
  b.end();
  a.put(1);
  CHECK(hand_poll(map.next()).poll().value() == rooms::item("a", 1));
  CHECK(hand_poll(map.next()).poll().is_pending());
  CHECK(b.is_gone());
  CHECK_FALSE(map.contains_key("b"));
  a.end();
  CHECK_FALSE(hand_poll(map.next()).poll().value());
  CHECK(map.is_empty());
}

TEST_CASE("[ST-09] insert under a key that is there gives the stream back that it replaces, and remove takes one out") {
  fake_host host;
  rooms map;
  feed<int> first, second;
  const auto a = first.from(), b = second.from();
  map.insert("a", std::move(first));
  CHECK(hand_poll(map.next()).poll().is_pending());
  const auto old = map.insert("a", std::move(second));
  REQUIRE(old);
  CHECK(map.len() == 1);
  a.put(1);
  CHECK(hand_poll(old->next()).poll().value() == 1);
  b.put(2);
  CHECK(hand_poll(map.next()).poll().value() == rooms::item("a", 2));
  CHECK(map.remove("none") == nullptr);
  const auto taken = map.remove("a");
  REQUIRE(taken);
  b.put(3);
  CHECK(hand_poll(taken->next()).poll().value() == 3);
  CHECK(map.is_empty());
  map.insert("c", feed<int>());
  map.clear();
  CHECK(map.is_empty());
}

TEST_CASE("[ST-09] who is asked first is drawn at random, the same way for the same seed, and nobody starves") {
  const auto order = [](std::uint64_t seed) {
    fake_host host(seed);
    stream::stream_map<int, stream::iter_stream<std::vector<int>>> map;
    for (int key = 0; key < 4; ++key) map.insert(key, stream::iter(std::vector<int>(100, key)));
    std::vector<int> keys;
    for (int i = 0; i < 100; ++i) keys.push_back(hand_poll(map.next()).poll().value()->first);
    return keys;
  };
  const auto first = order(1);
  CHECK(first == order(1));
  CHECK(first != order(2));
  std::map<int, int> counts;
  for (int key : first) ++counts[key];
  for (int key = 0; key < 4; ++key) CHECK(counts[key] > 10);
}

TEST_CASE("[ST-09] in one round every stream is asked once, whichever of them end in it") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    for (unsigned ending = 0; ending < 32; ++ending) {
      fake_host host(seed);
      stream::stream_map<int, feed<int>> map;
      std::vector<feed<int>::source> sources;
      for (int key = 0; key < 5; ++key) {
        feed<int> one;
        sources.push_back(one.from());
        if (ending & (1u << key)) sources.back().end();
        map.insert(key, std::move(one));
      }
      auto polled = hand_poll(map.next()).poll();
      CHECK(polled.is_pending() == (ending != 31));
      for (auto& each : sources) CHECK(each.polls() == 1);
      CHECK(map.len() == 5 - static_cast<std::size_t>(__builtin_popcount(ending)));
    }
  }
}

TEST_CASE("[ST-09] next_many takes all that is there, up to its limit, and waits only for the first") {
  fake_host host;
  rooms map;
  items got;
  CHECK(hand_poll(map.next_many(got, 5)).poll().value() == 0);  // empty
  feed<int> first, second;
  const auto a = first.from(), b = second.from();
  map.insert("a", std::move(first));
  map.insert("b", std::move(second));
  CHECK(hand_poll(map.next_many(got, 0)).poll().value() == 0);
  hand_poll many(map.next_many(got, 5));
  CHECK(many.poll().is_pending());
  for (int i = 0; i < 4; ++i) a.put(i);
  for (int i = 10; i < 12; ++i) b.put(i);
  CHECK(many.is_woken());
  CHECK(many.poll().value() == 5);
  CHECK(hand_poll(map.next_many(got, 5)).poll().value() == 1);
  CHECK(got.size() == 6);
  std::multiset<int> values;
  for (auto& each : got) values.insert(each.second);
  CHECK(values == std::multiset<int>{0, 1, 2, 3, 10, 11});
  a.end();
  b.put(12);
  b.end();
  CHECK(hand_poll(map.next_many(got, 5)).poll().value() == 1);
  CHECK(got.back() == rooms::item("b", 12));
  CHECK(hand_poll(map.next_many(got, 5)).poll().value() == 0);
}

TEST_CASE("[ST-09] a stream that waits is not moved when another one leaves the map") {
  fake_host host;
  const auto later = [](feed<int>&& from) {
    return std::move(from).then([](int value) -> tokio::task<int> {
      co_await tokio::yield_now();
      co_return value;
    });
  };
  using slow = decltype(later(feed<int>()));
  stream::stream_map<int, slow> map;
  feed<int> first, second;
  const auto a = first.from(), b = second.from();
  map.insert(1, later(std::move(first)));
  map.insert(2, later(std::move(second)));
  b.put(7);
  CHECK(hand_poll(map.next()).poll().is_pending());  // the second one runs a task, which could not be moved
  a.end();
  CHECK(hand_poll(map.next()).poll().value() == std::pair(2, 7));
}

TEST_CASE("[ST-10] notify_close gives its items, then one empty one, and then the end") {
  fake_host host;
  feed<int> numbers;
  const auto to = numbers.from();
  stream::notify_close told(std::move(numbers));
  to.put(1);
  CHECK(hand_poll(told.next()).poll().value() == std::optional<std::optional<int>>(1));
  CHECK(hand_poll(told.next()).poll().is_pending());
  to.end();
  auto end = hand_poll(told.next()).poll();
  REQUIRE(end.value());
  CHECK_FALSE(*end.value());
  CHECK(to.is_gone());
  CHECK(told.is_terminated());
  CHECK_FALSE(hand_poll(told.next()).poll().value());
  CHECK_FALSE(std::move(told).into_inner());
}

TEST_CASE("[ST-09] [ST-10] in a map, notify_close tells which stream has ended") {
  fake_host host;
  stream::stream_map<int, stream::notify_close<feed<int>>> map;
  feed<int> numbers;
  const auto to = numbers.from();
  map.insert(1, stream::notify_close(std::move(numbers)));
  map.insert(2, stream::notify_close(feed<int>()));
  CHECK(hand_poll(map.next()).poll().is_pending());
  to.end();
  auto told = hand_poll(map.next()).poll();
  CHECK(told.value()->first == 1);
  CHECK_FALSE(told.value()->second);
  CHECK(hand_poll(map.next()).poll().is_pending());
  CHECK(map.keys() == std::vector<int>{2});
}
