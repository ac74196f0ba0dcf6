// Adapters of streams, row ST-02.
#include "tokio/stream/adapters.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "sdk/stream/feed.hpp"
#include "tokio/stream/source.hpp"
#include "tokio/task.hpp"
#include "tokio/test.hpp"

using sdk_test::feed;
using tokio::task;
using tokio::test::fake_host;
using tokio::test::hand_poll;
namespace stream = tokio::stream;

namespace {

// The items that are there without waiting; -1 in place of a wait, nothing at the end.
template <class S>
std::vector<int> now(S& from) {
  std::vector<int> seen;
  while (true) {
    auto polled = hand_poll(from.next()).poll();
    if (polled.is_pending()) return seen.push_back(-1), seen;
    if (!polled.value()) return seen;
    seen.push_back(*polled.value());
  }
}
auto count_to(int n) {
  std::vector<int> numbers;
  for (int i = 1; i <= n; ++i) numbers.push_back(i);
  return stream::iter(std::move(numbers));
}
bool odd(const int& n) { return n % 2 == 1; }
using ints = std::vector<int>;

}  // namespace

TEST_CASE("[ST-02] map, filter and filter_map change and choose items, and wait when their stream does") {
  fake_host host;
  auto squares = count_to(4).map([](int n) { return n * n; });
  CHECK(now(squares) == ints{1, 4, 9, 16});
  CHECK(squares.is_terminated());
  auto odds = count_to(5).filter(odd);
  CHECK(now(odds) == ints{1, 3, 5});
  auto halves = count_to(6).filter_map([](int n) { return odd(n) ? std::nullopt : std::optional(n / 2); });
  CHECK(now(halves) == ints{1, 2, 3});
  feed<int> numbers;
  const auto from = numbers.from();
  from.put(2);
  auto waits = std::move(numbers).filter(odd).map([](int n) { return 10 * n; });
  hand_poll next(waits.next());
  CHECK(next.poll().is_pending());
  from.put(4);
  CHECK(next.poll().is_pending());
  from.put(3);
  CHECK(next.is_woken());
  CHECK(next.poll().value() == 30);
  from.end();
  CHECK(now(waits).empty());
  auto owners = stream::once(std::make_unique<int>(3)).map([](std::unique_ptr<int> p) { return *p; });
  CHECK(now(owners) == ints{3});
}

TEST_CASE("[ST-02] then runs one future at a time, in order, and keeps it when a wait is dropped") {
  fake_host host;
  int running = 0, most = 0;
  auto slow = [&](int n) -> task<int> {
    most = std::max(most, ++running);
    co_await tokio::yield_now();
    --running;
    co_return n + 100;
  };
  auto results = count_to(3).then(slow);
  {
    hand_poll dropped(results.next());
    CHECK(dropped.poll().is_pending());
    CHECK(running == 1);
  }
  for (int n = 101; n <= 103; ++n) {
    hand_poll next(results.next());
    auto polled = next.poll();
    if (polled.is_pending()) polled = next.poll();
    CHECK(polled.value() == n);
  }
  CHECK(now(results).empty());
  CHECK(most == 1);
  CHECK(results.is_terminated());
  auto busy = count_to(1).then(slow);
  CHECK(hand_poll(busy.next()).poll().is_pending());
  CHECK_THROWS_AS(auto moved = std::move(busy), tokio::panic_error);
}

TEST_CASE("[ST-02] then that refuses to be moved goes on where it was") {
  fake_host host;
  auto offset = std::make_unique<int>(100);
  auto slow = [by = std::move(offset)](int n) -> task<int> {
    const int sum = *by + n;
    co_await tokio::yield_now();
    co_return sum;
  };
  auto busy = count_to(2).then(std::move(slow));
  CHECK(hand_poll(busy.next()).poll().is_pending());
  CHECK_THROWS_AS(auto late = std::move(busy), tokio::panic_error);
  CHECK(hand_poll(busy.next()).poll().value() == 101);  // NOLINT(bugprone-use-after-move): it was not moved
  hand_poll next(busy.next());
  CHECK(next.poll().is_pending());
  CHECK(next.poll().value() == 102);
}

TEST_CASE("[ST-02] then passes on what a future throws, and goes on with the next item") {
  fake_host host;
  auto results = count_to(3).then([](int n) -> task<int> {
    co_await tokio::yield_now();
    if (odd(n)) throw std::runtime_error("odd");
    co_return n;
  });
  const auto wait = [&] {
    hand_poll next(results.next());
    CHECK(next.poll().is_pending());
    return next.poll().value();
  };
  CHECK_THROWS_WITH_AS(wait(), "odd", std::runtime_error);
  CHECK(wait() == 2);
  CHECK_THROWS_WITH_AS(wait(), "odd", std::runtime_error);
  CHECK(now(results).empty());
  CHECK(results.is_terminated());
}

TEST_CASE("[ST-02] take gives so many and polls no further; take(0) never polls") {
  fake_host host;
  feed<int> numbers;
  const auto from = numbers.from();
  for (int i = 1; i <= 3; ++i) from.put(i);
  auto two = std::move(numbers).take(2);
  CHECK(now(two) == ints{1, 2});
  CHECK(two.is_terminated());
  CHECK(now(two).empty());
  CHECK(from.polls() == 2);
  CHECK(from.left() == 1);
  auto rest = std::move(two).into_inner();
  CHECK(now(rest) == ints{3, -1});
  feed<int> untouched;
  const auto silent = untouched.from();
  auto none = std::move(untouched).take(0);
  CHECK(none.is_terminated());
  CHECK(now(none).empty());
  CHECK(silent.polls() == 0);
  auto few = count_to(1).take(5);
  CHECK(now(few) == ints{1});
  CHECK(few.is_terminated());
}

TEST_CASE("[ST-02] take_while and map_while stop at the first refusal, and never poll again") {
  fake_host host;
  feed<int> numbers;
  const auto from = numbers.from();
  for (const int n : {1, 3, 4, 5}) from.put(n);
  auto odds = std::move(numbers).take_while(odd);
  CHECK(now(odds) == ints{1, 3});
  CHECK(odds.is_terminated());
  CHECK(now(odds).empty());
  CHECK(from.polls() == 3);
  feed<int> others;
  const auto other = others.from();
  for (const int n : {1, 2, 0, 4}) other.put(n);
  auto inverses = std::move(others).map_while([](int n) { return n ? std::optional(12 / n) : std::nullopt; });
  CHECK(now(inverses) == ints{12, 6});
  CHECK(inverses.is_terminated());
  CHECK(now(inverses).empty());
  CHECK(other.polls() == 3);
  feed<int> ends;
  ends.from().end();
  auto ended = std::move(ends).map_while([](int n) { return std::optional(n); });
  CHECK(now(ended).empty());
  CHECK(ended.is_terminated());
}

TEST_CASE("[ST-02] skip and skip_while leave the first ones out") {
  fake_host host;
  auto rest = count_to(5).skip(2);
  CHECK(now(rest) == ints{3, 4, 5});
  auto none = count_to(2).skip(5);
  CHECK(now(none).empty());
  CHECK(none.is_terminated());
  auto all = count_to(2).skip(0);
  CHECK(now(all) == ints{1, 2});
  auto from_even = stream::iter(ints{1, 3, 4, 5, 6}).skip_while(odd);
  CHECK(now(from_even) == ints{4, 5, 6});
  auto nothing = stream::iter(ints{1, 3}).skip_while(odd);
  CHECK(now(nothing).empty());
  CHECK(nothing.is_terminated());
}

TEST_CASE("[ST-02] fuse ends once: its stream is gone then, and not polled again") {
  fake_host host;
  feed<int> numbers;
  const auto from = numbers.from();
  from.put(1);
  from.end();
  auto fused = std::move(numbers).fuse();
  CHECK_FALSE(fused.is_terminated());
  CHECK(now(fused) == ints{1});
  CHECK(fused.is_terminated());
  CHECK(now(fused).empty());
  CHECK(from.polls() == 2);
  CHECK(from.is_gone());
}

TEST_CASE("[ST-02] chain gives the second after the first, which is not polled again") {
  fake_host host;
  feed<int> numbers;
  const auto from = numbers.from();
  auto both = std::move(numbers).chain(count_to(2));
  CHECK(now(both) == ints{-1});
  from.put(7);
  CHECK(now(both) == ints{7, -1});
  from.end();
  CHECK(now(both) == ints{1, 2});
  CHECK(both.is_terminated());
  CHECK(from.polls() == 4);
}

TEST_CASE("[ST-02] peek shows the next item without taking it, and the end") {
  fake_host host;
  feed<int> numbers;
  const auto from = numbers.from();
  auto peeked = std::move(numbers).peekable();
  hand_poll look(peeked.peek());
  CHECK(look.poll().is_pending());
  from.put(1);
  from.put(2);
  CHECK(look.is_woken());
  int* first = look.poll().value();
  REQUIRE(first != nullptr);
  CHECK(*first == 1);
  *first = 5;
  CHECK(hand_poll(peeked.peek()).poll().value() == first);
  CHECK(hand_poll(peeked.next()).poll().value() == 5);
  CHECK(hand_poll(peeked.next()).poll().value() == 2);
  from.end();
  CHECK(hand_poll(peeked.peek()).poll().value() == nullptr);
  CHECK(peeked.is_terminated());
  CHECK_FALSE(hand_poll(peeked.next()).poll().value().has_value());
  CHECK(peeked.is_terminated());
}

TEST_CASE("[ST-02] the stream inside an adapter can be seen and had back") {
  fake_host host;
  auto odds = count_to(5).filter(odd);
  CHECK_FALSE(odds.get().is_terminated());
  static_assert(std::same_as<decltype(std::as_const(odds).get()), const stream::iter_stream<ints>&>);
  auto back = std::move(odds).into_inner();
  CHECK(now(back) == ints{1, 2, 3, 4, 5});
}
