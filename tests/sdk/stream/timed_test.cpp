// Streams with a clock, rows ST-05 to ST-07, on virtual time.
#include "tokio/stream/timed.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "sdk/stream/feed.hpp"
#include "tokio/stream/source.hpp"
#include "tokio/test.hpp"

using namespace std::chrono_literals;
using sdk_test::feed;
using tokio::test::fake_host;
using tokio::test::hand_poll;
using tokio::test::paused;
namespace stream = tokio::stream;
namespace clocks = tokio::time;

namespace {

// What next() gives at once: a number, "elapsed", "end" or "pending".
template <class S>
std::string now(S& of) {
  auto polled = hand_poll(of.next()).poll();
  if (polled.is_pending()) return "pending";
  if (!polled.value()) return "end";
  return *polled.value() ? std::to_string(**polled.value()) : "elapsed";
}

}  // namespace

TEST_CASE("[ST-05] timeout says elapsed once for each item that is missing, however long it is") {
  fake_host host;
  paused clock;
  feed<int> numbers;
  const auto to = numbers.from();
  auto timed = std::move(numbers).timeout(10ms);
  to.put(1);
  CHECK(now(timed) == "1");
  CHECK(now(timed) == "pending");
  clock.advance(10ms);
  CHECK(now(timed) == "elapsed");
  CHECK(now(timed) == "pending");
  clock.advance(1h);
  CHECK(now(timed) == "pending");
  to.put(2);
  CHECK(now(timed) == "2");
  clock.advance(9ms);
  CHECK(now(timed) == "pending");
  clock.advance(1ms);
  CHECK(now(timed) == "elapsed");
  to.end();
  CHECK(now(timed) == "end");
}

TEST_CASE("[ST-05] the first item's time counts from timeout(), and an item that is there comes before its deadline") {
  fake_host host;
  paused clock;
  feed<int> numbers;
  const auto to = numbers.from();
  auto timed = std::move(numbers).timeout(10ms);
  clock.advance(10ms);
  to.put(1);
  CHECK(now(timed) == "1");
  hand_poll waits(timed.next());
  CHECK(waits.poll().is_pending());
  clock.advance(10ms);
  CHECK(waits.is_woken());
  CHECK_FALSE(*waits.poll().value());
}

TEST_CASE("[ST-05] timeout_repeating says elapsed at each tick, and an item starts the interval anew") {
  fake_host host;
  paused clock;
  feed<int> numbers;
  const auto to = numbers.from();
  auto timed = std::move(numbers).timeout_repeating(clocks::interval_at(clocks::instant::now() + 10ms, 10ms));
  CHECK(now(timed) == "pending");
  for (int i = 0; i < 3; ++i) {
    clock.advance(10ms);
    CHECK(now(timed) == "elapsed");
    CHECK(now(timed) == "pending");
  }
  clock.advance(9ms);
  to.put(5);
  CHECK(now(timed) == "5");
  clock.advance(9ms);
  CHECK(now(timed) == "pending");
  clock.advance(1ms);
  CHECK(now(timed) == "elapsed");
  to.end();
  CHECK(now(timed) == "end");
}

TEST_CASE(
    "[ST-06] throttle keeps items apart, the first comes at once, and nothing is taken from the stream too early") {
  fake_host host;
  paused clock;
  feed<int> numbers;
  const auto to = numbers.from();
  auto slow = std::move(numbers).throttle(10ms);
  for (int i = 1; i <= 3; ++i) to.put(i);
  CHECK(hand_poll(slow.next()).poll().value() == 1);
  hand_poll second(slow.next());
  CHECK(second.poll().is_pending());
  CHECK(to.left() == 2);
  clock.advance(9ms);
  CHECK(second.poll().is_pending());
  clock.advance(1ms);
  CHECK(second.is_woken());
  CHECK(second.poll().value() == 2);
  second.drop();
  clock.advance(1h);
  CHECK(hand_poll(slow.next()).poll().value() == 3);
  to.end();
  hand_poll end(slow.next());
  CHECK(end.poll().is_pending());
  clock.advance(10ms);
  CHECK_FALSE(end.poll().value());
}

TEST_CASE("[ST-06] throttle by nothing does not wait") {
  fake_host host;
  auto all = stream::iter(std::vector<int>{1, 2, 3}).throttle(0ms);
  for (int i = 1; i <= 3; ++i) CHECK(hand_poll(all.next()).poll().value() == i);
  CHECK_FALSE(hand_poll(all.next()).poll().value());
}

TEST_CASE("[ST-07] chunks_timeout gives full chunks, what came within the time of the first item, and the rest") {
  fake_host host;
  paused clock;
  feed<int> numbers;
  const auto to = numbers.from();
  auto chunks = std::move(numbers).chunks_timeout(3, 10ms);
  using chunk = std::vector<int>;
  clock.advance(1h);  // no empty chunks
  hand_poll next(chunks.next());
  CHECK(next.poll().is_pending());
  for (int i = 1; i <= 4; ++i) to.put(i);
  CHECK(next.poll().value() == chunk{1, 2, 3});
  CHECK(hand_poll(chunks.next()).poll().is_pending());
  clock.advance(9ms);
  to.put(5);
  hand_poll again(chunks.next());
  CHECK(again.poll().is_pending());  // the time counts from 4
  clock.advance(1ms);
  CHECK(again.is_woken());
  CHECK(again.poll().value() == chunk{4, 5});
  to.put(6);
  CHECK(hand_poll(chunks.next()).poll().is_pending());
  to.end();
  CHECK_FALSE(chunks.is_terminated());
  CHECK(hand_poll(chunks.next()).poll().value() == chunk{6});
  CHECK_FALSE(hand_poll(chunks.next()).poll().value());
  CHECK(chunks.is_terminated());
}

TEST_CASE("[ST-07] what chunks_timeout has gathered can be had, and room for nothing panics") {
  fake_host host;
  feed<int> numbers;
  const auto to = numbers.from();
  auto chunks = std::move(numbers).chunks_timeout(3, 10ms);
  to.put(1);
  CHECK(hand_poll(chunks.next()).poll().is_pending());
  CHECK(std::move(chunks).into_remainder() == std::vector<int>{1});
  try {
    (void)stream::iter(std::vector<int>{1}).chunks_timeout(0, 10ms);
    FAIL("it did not panic");
  } catch (const tokio::panic_error& panicked) {
    CHECK(panicked.where().line() == __LINE__ - 3);
  }
}

TEST_CASE(
    "[ST-05] [ST-06] [ST-07] next() of a stream with a clock is cancel safe: dropped after every poll, nothing is "
    "lost") {
  fake_host host;
  paused clock;
  feed<int> numbers;
  const auto to = numbers.from();
  auto all = std::move(numbers).timeout(1s).throttle(1ms).chunks_timeout(2, 5ms);
  std::vector<int> seen;
  for (int step = 0; step < 200; ++step) {
    if (step % 7 == 0 && step < 140) to.put(step / 7);
    auto polled = hand_poll(all.next()).poll();
    clock.advance(1ms);
    if (polled.is_pending() || !polled.value()) continue;
    for (auto& one : *polled.value())
      if (one) seen.push_back(*one);
  }
  std::vector<int> wanted;
  for (int i = 0; i < 20; ++i) wanted.push_back(i);
  CHECK(seen == wanted);
}
