// One value out of a stream, row ST-04.
#include "tokio/stream/consume.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <expected>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sdk/stream/feed.hpp"
#include "tokio/stream/adapters.hpp"
#include "tokio/stream/source.hpp"
#include "tokio/test.hpp"

using sdk_test::feed;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;
namespace stream = tokio::stream;

namespace {

using ints = std::vector<int>;
bool odd(int n) { return n % 2 == 1; }

}  // namespace

TEST_CASE("[ST-04] all and any end at the item that decides, and leave the rest") {
  fake_host host;
  auto numbers = stream::iter(ints{1, 3, 4, 5, 6});
  CHECK_FALSE(block_on(numbers.all(odd)));
  CHECK(block_on(numbers.any(odd)));
  CHECK(block_on(numbers.all([](int n) { return n == 6; })));
  CHECK_FALSE(block_on(numbers.any(odd)));
  CHECK(block_on(stream::empty<int>().all(odd)));
  feed<int> slow;
  const auto from = slow.from();
  hand_poll waits(slow.any(odd));
  CHECK(waits.poll().is_pending());
  from.put(2);
  CHECK(waits.poll().is_pending());
  from.put(3);
  CHECK(waits.is_woken());
  CHECK(waits.poll().value());
}

TEST_CASE("[ST-04] fold makes one value of all items, in order") {
  fake_host host;
  const auto join = [](std::string text, int n) { return text + std::to_string(n); };
  CHECK(block_on(stream::iter(ints{1, 2, 3}).fold(std::string("0"), join)) == "0123");
  CHECK(block_on(stream::empty<int>().fold(5, [](int, int) { return 0; })) == 5);
}

TEST_CASE("[ST-04] items are collected into containers of every kind") {
  fake_host host;
  const auto numbers = [] { return stream::iter(ints{3, 1, 3}); };
  CHECK(block_on(numbers().collect<ints>()) == ints{3, 1, 3});
  CHECK(block_on(numbers().collect<std::deque<int>>()) == std::deque<int>{3, 1, 3});
  CHECK(block_on(numbers().collect<std::set<int>>()) == std::set<int>{1, 3});
  CHECK(block_on(numbers().map([](int n) { return std::pair(n, -n); }).collect<std::map<int, int>>()) ==
        std::map<int, int>{{1, -1}, {3, -3}});
  CHECK(block_on(stream::iter(std::string("abc")).collect<std::string>()) == "abc");
  CHECK(block_on(stream::iter(std::vector<std::string>{"ab", "", "c"}).collect<std::string>()) == "abc");
  CHECK(block_on(stream::empty<int>().collect<ints>()).empty());
}

TEST_CASE("[ST-04] results are collected up to the first error, and nothing is taken after it") {
  fake_host host;
  using one = std::expected<int, std::string>;
  using all = std::expected<ints, std::string>;
  CHECK(block_on(stream::iter(std::vector<one>{1, 2}).collect<all>()).value() == ints{1, 2});
  feed<one> results;
  const auto from = results.from();
  from.put(1);
  from.put(std::unexpected("broken"));
  from.put(3);
  CHECK(block_on(std::move(results).collect<all>()).error() == "broken");
  CHECK(from.left() == 1);
}
