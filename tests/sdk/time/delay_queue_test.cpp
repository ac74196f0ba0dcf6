// delay_queue, rows TM-14 to TM-17.
#include "tokio/time/delay_queue.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "tokio/task.hpp"
#include "tokio/test.hpp"

using namespace std::chrono_literals;
using tokio::task;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;
using tokio::time::delay_key;
using tokio::time::delay_queue;
using tokio::time::instant;

namespace {

using names = delay_queue<std::string>;

// What comes out without waiting.
template <class T>
std::vector<T> due(delay_queue<T>& queue) {
  std::vector<T> values;
  hand_poll all(tokio::poll_fn([&](tokio::context& cx) -> tokio::poll<void> {
    while (true) {
      auto polled = queue.poll_expired(cx);
      if (polled.is_pending() || !polled.value()) return tokio::ready();
      values.push_back(std::move(polled.value()->value));
    }
  }));
  CHECK(all.poll().is_ready());
  return values;
}

}  // namespace

TEST_CASE("[TM-14] [TM-15] values come out at their time, the earliest first") {
  fake_host host;
  tokio::test::paused clock;
  names queue;
  const auto start = instant::now();
  queue.insert("second", 20ms);
  const auto first = queue.insert("first", 10ms);
  queue.insert_at("third", start + 30ms);
  hand_poll next(queue.next());
  CHECK(next.poll().is_pending());
  clock.advance(9ms);
  CHECK_FALSE(next.is_woken());
  clock.advance(1ms);
  CHECK(next.is_woken());
  auto one = std::move(next.poll().value().value());
  CHECK(one.value == "first");
  CHECK(one.key == first);
  CHECK(one.deadline == start + 10ms);
  CHECK(due(queue).empty());
  clock.advance(20ms);
  CHECK(due(queue) == std::vector<std::string>{"second", "third"});
  CHECK(queue.is_empty());
}

TEST_CASE("[TM-14] a value whose time is past is ready at once, and wakes the one who waits") {
  fake_host host;
  tokio::test::paused clock;
  names queue;
  queue.insert("late", 1h);
  hand_poll next(queue.next());
  CHECK(next.poll().is_pending());
  queue.insert_at("past", instant::now() - 5ms);
  CHECK(next.is_woken());
  CHECK(next.poll().value()->value == "past");
  queue.insert("now", 0ms);
  CHECK(due(queue) == std::vector<std::string>{"now"});
}

TEST_CASE("[TM-14] a delay beyond the longest panics, however old the queue is") {
  fake_host host;
  tokio::test::paused clock;
  names queue;
  CHECK_THROWS_AS(queue.insert("too far", names::longest + 1ms), tokio::panic_error);
  CHECK(queue.is_empty());
  const auto kept = queue.insert("far", names::longest);
  CHECK_THROWS_AS(queue.reset(kept, names::longest + 1ms), tokio::panic_error);
  clock.advance(names::longest);
  CHECK(due(queue) == std::vector<std::string>{"far"});
  queue.insert("farther", names::longest);
  clock.advance(names::longest);
  CHECK(due(queue) == std::vector<std::string>{"farther"});
}

TEST_CASE("[TM-15] an empty queue says so at once, wakes the one who asked when it is filled, and goes on") {
  fake_host host;
  tokio::test::paused clock;
  names queue;
  hand_poll asks(queue.next());
  CHECK_FALSE(asks.poll().value().has_value());
  queue.insert("one", 1ms);
  CHECK(asks.is_woken());
  CHECK(asks.poll().is_pending());
  clock.advance(1ms);
  CHECK(asks.poll().value()->value == "one");
  CHECK_FALSE(hand_poll(queue.next()).poll().value().has_value());
}

TEST_CASE("[TM-15] a wait that is dropped loses nothing, the newest is woken, and a value costs a unit of budget") {
  fake_host host;
  tokio::test::paused clock;
  names queue;
  queue.insert("one", 1ms);
  {
    hand_poll gone(queue.next());
    CHECK(gone.poll().is_pending());
  }
  hand_poll older(queue.next()), newer(queue.next());
  CHECK(older.poll().is_pending());
  CHECK(newer.poll().is_pending());
  clock.advance(1ms);
  CHECK_FALSE(older.is_woken());
  CHECK(newer.is_woken());
  CHECK(newer.poll_with_budget(0).is_pending());
  CHECK(newer.poll_with_budget(2).value()->value == "one");
  CHECK(newer.budget_left() == 1);
}

TEST_CASE("[TM-15] the order is right over random insertions, resets and removals") {
  fake_host host;
  tokio::test::paused clock;
  std::mt19937 random(5);
  for (int round = 0; round < 20; ++round) {
    delay_queue<int> queue;
    std::vector<std::pair<delay_key, int>> known;  // the value is the deadline in milliseconds from the start
    const auto start = instant::now();
    const auto any = [&] { return static_cast<int>(random() % 100); };
    for (int i = 0; i < 200; ++i) {
      const auto what = random() % 4;
      if (what < 2 || known.empty()) {
        const int at = any();
        known.emplace_back(queue.insert_at(at, start + std::chrono::milliseconds(at)), at);
      } else if (what == 2) {
        std::swap(known[random() % known.size()], known.back());
        CHECK(queue.remove(known.back().first).value == known.back().second);
        known.pop_back();
      } else {
        auto& [key, at] = known[random() % known.size()];
        auto taken = queue.remove(key);
        at = any();
        key = queue.insert_at(at, taken.deadline);
        queue.reset_at(key, start + std::chrono::milliseconds(at));
      }
      REQUIRE(queue.len() == known.size());
    }
    std::vector<int> expected;
    for (auto& [key, at] : known) expected.push_back(at);
    std::ranges::sort(expected);
    clock.advance(100ms);
    std::vector<int> seen;
    while (auto key = queue.peek()) {
      const auto at = queue.deadline(*key);
      hand_poll one(queue.next());
      auto out = std::move(one.poll().value().value());
      REQUIRE(out.key == *key);
      REQUIRE(out.deadline == at);
      seen.push_back(out.value);
    }
    REQUIRE(seen == expected);
  }
}

TEST_CASE("[TM-16] a value can be taken out before its time, and after it before anybody saw it") {
  fake_host host;
  tokio::test::paused clock;
  names queue;
  const auto early = queue.insert("early", 10ms), late = queue.insert("late", 10ms);
  const auto kept = queue.insert("kept", 20ms);
  CHECK(queue.remove(early).value == "early");
  clock.advance(10ms);
  CHECK(queue.try_remove(late)->value == "late");
  CHECK_FALSE(queue.try_remove(late).has_value());
  CHECK_THROWS_AS(queue.remove(early), tokio::panic_error);
  CHECK_THROWS_AS(queue.reset(late, 1ms), tokio::panic_error);
  CHECK_THROWS_AS((void)queue.deadline(late), tokio::panic_error);
  CHECK(due(queue).empty());
  clock.advance(10ms);
  CHECK(due(queue) == std::vector<std::string>{"kept"});
  CHECK_FALSE(queue.try_remove(kept).has_value());
}

TEST_CASE("[TM-15] [TM-16] a value whose move throws stays in the queue, with its key and its time") {
  struct fragile {
    explicit fragile(int n) noexcept : value(n) {}
    fragile(fragile&& other) : value(other.value) {
      if (std::exchange(throws(), false)) throw std::runtime_error("moved");
    }
    fragile& operator=(fragile&&) = delete;
    static bool& throws() {
      static bool once = false;
      return once;
    }
    int value;
  };
  fake_host host;
  tokio::test::paused clock;
  delay_queue<fragile> queue;
  const auto one = queue.insert(fragile(1), 1ms), two = queue.insert(fragile(2), 2ms);
  fragile::throws() = true;
  CHECK_THROWS_WITH_AS(queue.remove(one), "moved", std::runtime_error);
  CHECK(queue.len() == 2);
  CHECK(queue.peek() == one);
  clock.advance(2ms);
  fragile::throws() = true;
  CHECK_THROWS_WITH_AS((void)hand_poll(queue.next()).poll(), "moved", std::runtime_error);
  CHECK(hand_poll(queue.next()).poll().value()->value.value == 1);
  CHECK_FALSE(queue.try_remove(one).has_value());
  CHECK(queue.remove(two).value.value == 2);
  CHECK(queue.is_empty());
}

TEST_CASE("[TM-16] a reset moves a value earlier or later, also one that is due") {
  fake_host host;
  tokio::test::paused clock;
  names queue;
  const auto start = instant::now();
  const auto one = queue.insert("one", 10ms);
  const auto two = queue.insert("two", 20ms);
  hand_poll next(queue.next());
  CHECK(next.poll().is_pending());
  queue.reset(two, 5ms);
  CHECK(next.is_woken());
  CHECK(next.poll().is_pending());
  CHECK(queue.deadline(two) == start + 5ms);
  CHECK(queue.peek() == two);
  clock.advance(5ms);
  queue.reset(two, 1ms);  // it was due, and nobody has seen it
  CHECK(next.poll().is_pending());
  queue.reset_at(one, start + 1h);
  clock.advance(1ms);
  CHECK(next.is_woken());
  CHECK(next.poll().value()->value == "two");
  clock.advance(30min);
  CHECK(due(queue).empty());
  clock.advance(30min);
  CHECK(due(queue) == std::vector<std::string>{"one"});
}

TEST_CASE("[TM-16] taking the last value out, and clear, wake the one who waits with the end") {
  fake_host host;
  tokio::test::paused clock;
  names queue;
  const auto only = queue.insert("only", 1h);
  hand_poll next(queue.next());
  CHECK(next.poll().is_pending());
  queue.remove(only);
  CHECK(next.is_woken());
  CHECK_FALSE(next.poll().value().has_value());
  const auto cleared = queue.insert("one", 1h);
  queue.insert("two", 2h);
  hand_poll again(queue.next());
  CHECK(again.poll().is_pending());
  queue.clear();
  CHECK(again.is_woken());
  CHECK_FALSE(again.poll().value().has_value());
  CHECK_FALSE(queue.try_remove(cleared).has_value());
}

TEST_CASE("[TM-17] room can be reserved and given back, and keys stay valid") {
  fake_host host;
  tokio::test::paused clock;
  delay_queue<int> queue(100);
  CHECK(queue.capacity() >= 100);
  std::vector<delay_key> keys;
  for (int i = 0; i < 1000; ++i) keys.push_back(queue.insert(i, std::chrono::milliseconds(i + 1)));
  CHECK(queue.len() == 1000);
  for (int i = 0; i < 1000; ++i)
    if (i % 100 != 99) queue.remove(keys[static_cast<std::size_t>(i)]);
  queue.compact();
  CHECK(queue.capacity() < 1000);
  CHECK(queue.len() == 10);
  CHECK(queue.remove(keys[999]).value == 999);
  CHECK(queue.peek() == keys[99]);
  queue.insert(-1, 1ms);
  queue.shrink_to_fit();
  clock.advance(1s);
  CHECK(due(queue) == std::vector<int>{-1, 99, 199, 299, 399, 499, 599, 699, 799, 899});
  queue.reserve(50);
  CHECK(queue.capacity() >= 50);
  CHECK_THROWS_AS(queue.reserve(delay_queue<int>::most + 1), tokio::panic_error);
  CHECK_FALSE(queue.peek().has_value());
}

TEST_CASE("[TM-15] [TM-17] a queue that is moved keeps its values, and one that goes destroys them") {
  fake_host host;
  tokio::test::paused clock;
  auto tracked = std::make_shared<int>(1);
  {
    delay_queue<std::shared_ptr<int>> queue;
    const auto key = queue.insert(tracked, 1ms);
    queue.insert(tracked, 2ms);
    auto moved = std::move(queue);
    CHECK(*moved.remove(key).value == 1);
    clock.advance(2ms);
    CHECK(due(moved).size() == 1);
    moved.insert(tracked, 1ms);
  }
  CHECK(tracked.use_count() == 1);
}

TEST_CASE("[TM-15] a task that waits for values lets virtual time go from one to the next") {
  fake_host host;
  const auto start = instant::now();
  auto drain = []() -> task<std::vector<int>> {
    delay_queue<int> queue;
    for (const int hours : {3, 1, 2}) queue.insert(hours, std::chrono::hours(hours));
    std::vector<int> seen;
    while (auto one = co_await queue.next()) seen.push_back(one->value);
    co_return seen;
  };
  CHECK(block_on(drain()) == std::vector<int>{1, 2, 3});
  CHECK(start.elapsed() == 3h);
}
