// Streams themselves and where they come from, rows ST-01 and ST-08.
#include "tokio/stream/source.hpp"

#include <doctest/doctest.h>

#include <array>
#include <expected>
#include <memory>
#include <ranges>
#include <span>
#include <string>
#include <vector>

#include "sdk/stream/feed.hpp"
#include "tokio/task.hpp"
#include "tokio/test.hpp"

using sdk_test::feed;
using tokio::task;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;
namespace stream = tokio::stream;

static_assert(stream::is_stream<feed<int>> && !stream::is_fused<feed<int>>);
static_assert(stream::is_fused<stream::once_stream<int>> && !stream::is_stream<int>);

TEST_CASE("[ST-01] next gives one item after another, and none at the end") {
  fake_host host;
  feed<int> numbers;
  const auto from = numbers.from();
  hand_poll first(numbers.next());
  CHECK(first.poll().is_pending());
  from.put(1);
  CHECK(first.is_woken());
  CHECK(first.poll().value() == 1);
  from.put(2);
  from.end();
  CHECK(hand_poll(numbers.next()).poll().value() == 2);
  CHECK_FALSE(hand_poll(numbers.next()).poll().value().has_value());
}

TEST_CASE("[ST-01] a next that is dropped loses nothing") {
  fake_host host;
  feed<int> numbers;
  const auto from = numbers.from();
  {
    hand_poll unpolled(numbers.next()), polled(numbers.next());
    CHECK(polled.poll().is_pending());
    from.put(1);
  }
  CHECK(hand_poll(numbers.next()).poll().value() == 1);
}

TEST_CASE("[ST-01] try_next turns a stream of results into a result with or without a value") {
  fake_host host;
  using one = std::expected<int, std::string>;
  feed<one> results;
  const auto from = results.from();
  from.put(1);
  from.put(std::unexpected("broken"));
  from.end();
  CHECK(hand_poll(results.try_next()).poll().value().value() == 1);
  CHECK(hand_poll(results.try_next()).poll().value().error() == "broken");
  CHECK_FALSE(hand_poll(results.try_next()).poll().value().value().has_value());
}

TEST_CASE("[ST-08] iter gives the elements of a range, and stays at its end") {
  fake_host host;
  auto numbers = stream::iter(std::vector<int>{1, 2, 3});
  CHECK_FALSE(numbers.is_terminated());
  auto sum = [](auto of) -> task<int> {
    int total = 0;
    while (auto one = co_await of.next()) total += *one;
    CHECK(of.is_terminated());
    CHECK_FALSE((co_await of.next()).has_value());
    co_return total;
  };
  CHECK(block_on(sum(std::move(numbers))) == 6);
  const std::array<int, 2> kept{4, 5};
  CHECK(block_on(sum(stream::iter(kept))) == 9);
  std::vector<std::unique_ptr<int>> owners;
  owners.push_back(std::make_unique<int>(7));
  auto moved = stream::iter(std::move(owners));
  CHECK(**hand_poll(moved.next()).poll().value() == 7);
  CHECK_THROWS_AS(auto late = std::move(moved), tokio::panic_error);
}

TEST_CASE("[ST-08] iter over a view leaves the elements to their owner") {
  fake_host host;
  std::vector<std::string> owner{std::string(40, 'a'), std::string(40, 'b')};
  const auto before = owner;
  auto of_span = stream::iter(std::span(owner));
  CHECK(hand_poll(of_span.next()).poll().value() == before[0]);
  auto of_ref = stream::iter(std::views::all(owner));
  CHECK(hand_poll(of_ref.next()).poll().value() == before[0]);
  auto of_filter = stream::iter(owner | std::views::filter([](const std::string& s) { return s[0] == 'b'; }));
  CHECK(hand_poll(of_filter.next()).poll().value() == before[1]);
  CHECK(owner == before);
  auto made =
      stream::iter(std::views::iota(1, 3) | std::views::transform([](int n) { return std::make_unique<int>(n); }));
  CHECK(**hand_poll(made.next()).poll().value() == 1);
}

TEST_CASE("[ST-08] an item of iter is a value, also where the range gives stand-ins for its elements") {
  fake_host host;
  auto flags = stream::iter(std::vector<bool>{true, false});
  static_assert(std::same_as<stream::item_of<decltype(flags)>, bool>);
  CHECK(hand_poll(flags.next()).poll().value() == true);
  CHECK(hand_poll(flags.next()).poll().value() == false);
  CHECK_FALSE(hand_poll(flags.next()).poll().value().has_value());
}

TEST_CASE("[ST-08] a stream that refuses to be moved goes on where it was") {
  fake_host host;
  auto numbers = stream::iter(std::vector<int>{1, 2});
  CHECK(hand_poll(numbers.next()).poll().value() == 1);
  CHECK_THROWS_AS(auto late = std::move(numbers), tokio::panic_error);
  CHECK(hand_poll(numbers.next()).poll().value() == 2);  // NOLINT(bugprone-use-after-move): it was not moved
  CHECK_FALSE(hand_poll(numbers.next()).poll().value().has_value());
}

TEST_CASE("[ST-08] iter keeps to the budget: a loop over a long range gives others their turn") {
  fake_host host;
  auto long_one = stream::iter(std::vector<int>(1000, 1));
  int seen = 0;
  auto loop = [&]() -> task<> {
    while (auto one = co_await long_one.next()) seen += *one;
  };
  hand_poll runs(loop());
  CHECK(runs.poll().is_pending());
  CHECK(seen == 128);
  CHECK(runs.is_woken());
  while (runs.poll().is_pending()) {
  }
  CHECK(seen == 1000);
}

TEST_CASE("[ST-08] once gives its value once, empty nothing, never not even an end") {
  fake_host host;
  auto one = stream::once(5);
  CHECK(hand_poll(one.next()).poll().value() == 5);
  CHECK(one.is_terminated());
  CHECK_FALSE(hand_poll(one.next()).poll().value().has_value());
  auto none = stream::empty<int>();
  CHECK(none.is_terminated());
  CHECK_FALSE(hand_poll(none.next()).poll().value().has_value());
  auto silent = stream::never<int>();
  hand_poll waits(silent.next());
  CHECK(waits.poll().is_pending());
  CHECK_FALSE(waits.is_woken());
  CHECK_FALSE(silent.is_terminated());
}
