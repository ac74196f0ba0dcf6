// Two streams as one, row ST-03.
#include "tokio/stream/merge.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "sdk/stream/feed.hpp"
#include "tokio/stream/source.hpp"
#include "tokio/test.hpp"

using sdk_test::feed;
using tokio::test::fake_host;
using tokio::test::hand_poll;
namespace stream = tokio::stream;

TEST_CASE("[ST-03] two streams that always have something take turns, and the merge ends with the second") {
  fake_host host;
  auto both = stream::iter(std::vector<int>{1, 3}).merge(stream::iter(std::vector<int>{2, 4, 5, 6}));
  std::vector<int> seen;
  while (auto one = std::move(hand_poll(both.next()).poll().value())) seen.push_back(*one);
  CHECK(seen == std::vector<int>{1, 2, 3, 4, 5, 6});
  CHECK(both.is_terminated());
}

TEST_CASE("[ST-03] whoever has something first is heard, and a side that ends is gone") {
  fake_host host;
  feed<int> left, right;
  const auto one = left.from(), other = right.from();
  auto both = std::move(left).merge(std::move(right));
  hand_poll next(both.next());
  CHECK(next.poll().is_pending());
  other.put(2);
  CHECK(next.is_woken());
  CHECK(next.poll().value() == 2);
  other.end();
  hand_poll again(both.next());
  CHECK(again.poll().is_pending());
  CHECK_FALSE(both.is_terminated());
  const int polls = other.polls();
  one.put(1);
  CHECK(again.is_woken());
  CHECK(again.poll().value() == 1);
  CHECK(other.polls() == polls);
  one.end();
  CHECK_FALSE(hand_poll(both.next()).poll().value().has_value());
  CHECK(both.is_terminated());
}
