// The test kit's stream that is polled by hand, row TT-03.
#include "tokio/test/hand_stream.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "sdk/stream/feed.hpp"
#include "tokio/stream/source.hpp"

using sdk_test::feed;
using tokio::test::fake_host;
using tokio::test::hand_stream;
namespace stream = tokio::stream;

TEST_CASE("[TT-03] a stream is polled by hand, item by item, and its wakes are seen") {
  fake_host host;
  feed<int> numbers;
  const auto from = numbers.from();
  hand_stream polled(std::move(numbers));
  CHECK(polled.poll_next().is_pending());
  CHECK_FALSE(polled.is_woken());
  from.put(1);
  CHECK(polled.is_woken());
  CHECK(polled.poll_next().value() == 1);
  CHECK_FALSE(polled.is_woken());
  CHECK(polled.stream().from().left() == 0);
  from.put(2);
  from.end();
  auto back = std::move(polled).into_inner();
  hand_stream again(std::move(back));
  CHECK(again.poll_next().value() == 2);
  CHECK_FALSE(again.poll_next().value().has_value());
}

TEST_CASE("[TT-03] a stream that is polled by hand has the budget that it is given") {
  fake_host host;
  hand_stream polled(stream::iter(std::vector<int>{1, 2}));
  CHECK(polled.poll_next_with_budget(0).is_pending());
  CHECK(polled.is_woken());
  CHECK(polled.poll_next_with_budget(2).value() == 1);
  CHECK(polled.budget_left() == 1);
}
