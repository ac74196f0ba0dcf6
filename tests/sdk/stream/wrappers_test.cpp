// Receivers, intervals, sets of tasks, lines and listeners as streams, row ST-11.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "tokio/io.hpp"
#include "tokio/stream.hpp"
#include "tokio/stream/of_channels.hpp"
#include "tokio/stream/of_io.hpp"
#include "tokio/sync.hpp"
#include "tokio/test.hpp"

using namespace std::chrono_literals;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;
namespace stream = tokio::stream;
using stream::size_bounds;

namespace {

// What next() gives at once; -1 for the end, -2 when it waits.
template <class S>
int now(S& of) {
  auto polled = hand_poll(of.next()).poll();
  if (polled.is_pending()) return -2;
  return polled.value() ? static_cast<int>(*polled.value()) : -1;
}
tokio::task<int> give(int value) { co_return value; }

}  // namespace

TEST_CASE("[ST-11] an mpsc receiver as a stream, bounded or not, ends with its last sender") {
  fake_host host;
  auto [tx, rx] = tokio::sync::mpsc::channel<int>(4);
  auto numbers = stream::of(std::move(rx));
  CHECK(now(numbers) == -2);
  CHECK(tx.try_send(1));
  CHECK(now(numbers) == 1);
  {
    auto last = std::move(tx);
  }
  CHECK(now(numbers) == -1);
  auto [to, from] = tokio::sync::mpsc::unbounded_channel<int>();
  auto others = stream::of(std::move(from)).map([](int n) { return n * 2; });
  CHECK(to.send(3));
  CHECK(now(others) == 6);
}

TEST_CASE(
    "[ST-11] the bounds of a receiver's stream count what is there, and what permits may still send once it is "
    "closed") {
  fake_host host;
  auto [tx, rx] = tokio::sync::mpsc::channel<int>(4);
  auto numbers = stream::of(std::move(rx));
  CHECK(tx.try_send(1));
  auto permit = tx.try_reserve();
  REQUIRE(permit);
  CHECK(numbers.size_hint() == size_bounds{1, std::nullopt});
  numbers.close();
  CHECK(numbers.size_hint() == size_bounds{1, 2});
  std::move(*permit).send(2);
  CHECK(numbers.size_hint() == size_bounds{2, 2});
  CHECK(now(numbers) == 1);
  CHECK(now(numbers) == 2);
  CHECK(now(numbers) == -1);
  CHECK(numbers.size_hint() == size_bounds{0, 0});
  auto [to, from] = tokio::sync::mpsc::unbounded_channel<int>();
  auto others = stream::of(std::move(from));
  CHECK(to.send(1));
  CHECK(others.size_hint() == size_bounds{1, std::nullopt});
  others.close();
  CHECK(others.size_hint() == size_bounds{1, 1});
}

TEST_CASE("[ST-11] a broadcast receiver as a stream tells how much it has missed, and goes on") {
  fake_host host;
  auto [tx, rx] = tokio::sync::broadcast::channel<int>(2);
  auto numbers = stream::of(std::move(rx));
  hand_poll waits(numbers.next());
  CHECK(waits.poll().is_pending());
  for (int i = 1; i <= 4; ++i) CHECK(tx.send(i));
  CHECK(waits.is_woken());
  auto missed = waits.poll();
  CHECK((*missed.value()).error().missed == 2);
  CHECK(**hand_poll(numbers.next()).poll().value() == 3);
  CHECK(**hand_poll(numbers.next()).poll().value() == 4);
  CHECK(hand_poll(numbers.next()).poll().is_pending());
  CHECK_THROWS_AS(auto moved = std::move(numbers), tokio::panic_error);
  CHECK(tx.send(5));
  auto rest = std::move(numbers).into_inner();
  CHECK(rest.try_recv().value() == 5);
  auto again = stream::of(std::move(rest));
  {
    auto last = std::move(tx);
  }
  CHECK_FALSE(hand_poll(again.next()).poll().value());
}

TEST_CASE("[ST-11] a watch receiver as a stream begins with the value there is, or with the first change") {
  fake_host host;
  auto [tx, rx] = tokio::sync::watch::channel<int>(1);
  auto changes = stream::from_changes(rx);
  auto values = stream::of(std::move(rx));
  CHECK(now(values) == 1);
  CHECK(now(values) == -2);
  CHECK(now(changes) == -2);
  CHECK(tx.send(2));
  CHECK(tx.send(3));
  CHECK(now(values) == 3);  // only the newest, and once
  CHECK(now(values) == -2);
  CHECK(now(changes) == 3);
  CHECK(tx.send(4));
  {
    auto last = std::move(tx);
  }
  CHECK(now(values) == 4);
  CHECK(now(values) == -1);
  hand_poll waits(changes.next());
  CHECK(waits.poll().value() == 4);
  CHECK(*std::move(changes).into_inner().borrow() == 4);
}

TEST_CASE("[ST-11] an interval as a stream gives its ticks") {
  fake_host host;
  tokio::test::paused clock;
  const auto start = tokio::time::instant::now();
  auto ticks = stream::of(tokio::time::interval(10ms));
  CHECK(hand_poll(ticks.next()).poll().value() == start);
  hand_poll next(ticks.next());
  CHECK(next.poll().is_pending());
  clock.advance(10ms);
  CHECK(next.poll().value() == start + 10ms);
  CHECK(ticks.get().period() == 10ms);
}

TEST_CASE("[ST-11] a join_set as a stream gives the results as they come, and knows how many are left") {
  fake_host host;
  tokio::join_set<int> set;
  set.spawn(give(1));
  set.spawn(give(2));
  auto results = stream::of(std::move(set));
  CHECK(results.size_hint() == size_bounds{2, 2});
  host.run_until_stalled();
  CHECK(hand_poll(results.next()).poll().value()->value() == 1);
  CHECK(results.size_hint() == size_bounds{1, 1});
  CHECK(hand_poll(results.next()).poll().value()->value() == 2);
  CHECK_FALSE(hand_poll(results.next()).poll().value());
  results.get().spawn(give(3));
  host.run_until_stalled();
  CHECK(hand_poll(results.next()).poll().value()->value() == 3);
}

TEST_CASE("[ST-11] lines and segments as streams are results, and an error does not end them") {
  fake_host host;
  auto [here, there] = tokio::io::duplex(64);
  block_on([](auto to) -> tokio::task<> {
    CHECK(co_await to.write_all("one\r\ntwo\n\xff\nlast"));
    CHECK(co_await to.shutdown());
  }(std::move(there)));
  tokio::io::buf_reader reader(std::move(here));
  auto lines = stream::of(tokio::io::lines(reader));
  CHECK(hand_poll(lines.next()).poll().value()->value() == "one");
  CHECK(hand_poll(lines.try_next()).poll().value().value() == "two");
  CHECK_FALSE(*hand_poll(lines.next()).poll().value());
  CHECK(hand_poll(lines.next()).poll().value()->value() == "last");
  CHECK_FALSE(hand_poll(lines.next()).poll().value());
  auto [left, right] = tokio::io::duplex(64);
  block_on([](auto to) -> tokio::task<> {
    CHECK(co_await to.write_all("a;b"));
    CHECK(co_await to.shutdown());
  }(std::move(right)));
  auto pieces = stream::of(tokio::io::segments(tokio::io::buf_reader(std::move(left)), std::byte{';'}));
  CHECK(block_on(std::move(pieces).collect<std::expected<std::vector<std::string>, tokio::error>>()).value() ==
        std::vector<std::string>{"a", "b"});
}

TEST_CASE("[ST-11] a wrapper's next() is cancel safe: dropped after every poll, nothing is lost") {
  fake_host host;
  auto [tx, rx] = tokio::sync::mpsc::channel<int>(8);
  auto [all, one] = tokio::sync::broadcast::channel<int>(8);
  auto numbers = stream::of(std::move(rx));
  auto copies = stream::of(std::move(one));
  int seen = 0, heard = 0;
  for (int i = 0; i < 50; ++i) {
    (void)hand_poll(numbers.next()).poll_with_budget(0);
    (void)hand_poll(copies.next()).poll_with_budget(0);
    CHECK(tx.try_send(i));
    CHECK(all.send(i));
    CHECK(now(numbers) == i);
    ++seen;
    CHECK(**hand_poll(copies.next()).poll().value() == i);
    ++heard;
    CHECK(now(numbers) == -2);
    CHECK(hand_poll(copies.next()).poll().is_pending());
  }
  CHECK(seen == 50);
  CHECK(heard == 50);
}
