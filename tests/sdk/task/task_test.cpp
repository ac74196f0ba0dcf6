// task<T>: laziness, values, exceptions, destruction, and the constant cost of a poll.
#include "tokio/task/task.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>

#include "sdk/task/probe.hpp"

using sdk_test::gate;
using sdk_test::tracer;
using tokio::task;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;

namespace {

task<int> add(int a, int b) { co_return a + b; }
task<int> add_deep(gate& at, int depth) {
  if (depth == 0) co_return co_await at.wait();
  co_return 1 + co_await add_deep(at, depth - 1);
}
task<> note(bool& ran) {
  ran = true;
  co_return;
}
task<int> fail() {
  throw std::runtime_error("as asked");
  co_return 1;
}

}  // namespace

TEST_CASE("a task does not run before it is polled") {
  fake_host host;
  bool ran = false;
  {
    auto lazy = note(ran);
    CHECK_FALSE(ran);
  }
  CHECK_FALSE(ran);
  block_on(note(ran));
  CHECK(ran);
}

TEST_CASE("a task gives its value to the coroutine that awaits it") {
  fake_host host;
  auto sum = []() -> task<int> { co_return co_await add(1, 2) + co_await add(3, 4); };
  CHECK(block_on(sum()) == 10);
}

TEST_CASE("a move-only value passes through") {
  fake_host host;
  auto make = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
  auto take = [&]() -> task<int> { co_return *co_await make(); };
  CHECK(block_on(take()) == 7);
}

TEST_CASE("an exception arrives in the coroutine that awaits") {
  fake_host host;
  auto outer = []() -> task<std::string> {
    try {
      co_await fail();
    } catch (const std::runtime_error& thrown) {
      co_return thrown.what();
    }
    co_return "nothing thrown";
  };
  CHECK(block_on(outer()) == "as asked");
  CHECK_THROWS_AS(block_on(fail()), std::runtime_error);
}

TEST_CASE("an exception of a later poll of a leaf arrives in the coroutine that awaits it") {
  fake_host host;
  int polls = 0;
  auto leaf = tokio::poll_fn([&](tokio::context& cx) -> tokio::poll<int> {
    if (++polls == 2) throw std::runtime_error("second poll");
    cx.waker().wake();
    return tokio::pending;
  });
  auto outer = [&]() -> task<bool> {
    try {
      co_await leaf;
    } catch (const std::runtime_error&) {
      co_return true;
    }
    co_return false;
  };
  CHECK(block_on(outer()));
}

TEST_CASE("a poll costs one call of the leaf, however deep the coroutines are") {
  fake_host host;
  gate gate;
  hand_poll deep(add_deep(gate, 50));
  CHECK(deep.poll().is_pending());
  CHECK(gate.polls == 1);
  for (int i = 0; i < 3; ++i) CHECK(deep.poll().is_pending());  // spurious
  CHECK(gate.polls == 4);
  gate.open(5);
  CHECK(deep.is_woken());
  auto done = deep.poll();
  CHECK(gate.polls == 5);
  REQUIRE(done.is_ready());
  CHECK(done.value() == 55);
}

TEST_CASE("a hundred thousand awaits that are ready need no stack") {
  fake_host host;
  auto many = []() -> task<long> {
    long sum = 0;
    for (int i = 0; i < 100'000; ++i) sum += co_await add(i, 1);
    co_return sum;
  };
  CHECK(block_on(many()) == 5'000'050'000L);
}

TEST_CASE("destroying a task that waits destroys its frames from the inside out") {
  fake_host host;
  gate gate;
  std::vector<std::string> log;
  auto inner = [](sdk_test::gate& at, tracer) -> task<> { co_await at.wait(); };
  auto outer = [&](tracer) -> task<> {
    tracer local(log, "outer local");
    co_await inner(gate, tracer(log, "inner parameter"));
  };
  {
    hand_poll waiting(outer(tracer(log, "outer parameter")));
    CHECK(waiting.poll().is_pending());
    CHECK(log.empty());
  }
  CHECK(log == std::vector<std::string>{"inner parameter", "outer local", "outer parameter"});
}

TEST_CASE("a child's frame is gone before its value is used") {
  fake_host host;
  std::vector<std::string> log;
  auto child = [](tracer) -> task<int> { co_return 1; };
  auto outer = [&]() -> task<> {
    auto value = co_await child(tracer(log, "child"));
    log.push_back("value " + std::to_string(value));
  };
  block_on(outer());
  CHECK(log == std::vector<std::string>{"child", "value 1"});
}

TEST_CASE("[MC-11] a task polled by reference goes on where it was, and can then be awaited") {
  fake_host host;
  gate gate;
  auto outer = [&]() -> task<int> {
    auto deep = add_deep(gate, 3);
    auto first = co_await tokio::select(tokio::biased, deep, tokio::yield_now());
    CHECK(first.index() == 1);
    gate.open(10);
    co_return co_await std::move(deep);
  };
  CHECK(block_on(outer()) == 13);
}

TEST_CASE("a task awaited by reference stays with its owner") {
  fake_host host;
  auto outer = []() -> task<int> {
    auto kept = add(2, 3);
    co_return co_await kept;
  };
  CHECK(block_on(outer()) == 5);
}

TEST_CASE("polling a task after it was ready is a panic with a sentence") {
  fake_host host;
  hand_poll done(add(1, 1));
  CHECK(done.poll().is_ready());
  CHECK_THROWS_WITH_AS((void)done.poll(), "a task was polled after it was ready, or after it was moved from",
                       tokio::panic_error);
}
