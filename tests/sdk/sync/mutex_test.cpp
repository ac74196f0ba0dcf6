// tokio::sync::mutex, rows SX-01 to SX-04.
#include "tokio/sync/mutex.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tokio/task.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using namespace tokio::sync;
using test::hand_poll;

}  // namespace

TEST_CASE("[SX-01] the lock is given in the order of asking") {
  test::fake_host fake;
  mutex<int> value(1);
  std::optional guard(value.try_lock().value());
  hand_poll first(value.lock());
  hand_poll second(value.lock());
  CHECK(first.poll().is_pending());
  CHECK(second.poll().is_pending());
  guard.reset();
  CHECK(first.is_woken());
  CHECK_FALSE(second.is_woken());
  {
    auto held = first.poll();
    *held.value() = 2;
  }
  CHECK(second.is_woken());
  CHECK(**std::optional(std::move(second.poll().value())) == 2);
}

TEST_CASE("[SX-01] a waiter that gives up, polled or not, neither keeps the lock nor wakes anybody wrongly") {
  test::fake_host fake;
  mutex<int> value(1);
  std::optional guard(value.try_lock().value());
  hand_poll polled(value.lock());
  hand_poll not_polled(value.lock());
  hand_poll last(value.lock());
  CHECK(polled.poll().is_pending());
  CHECK(last.poll().is_pending());
  not_polled.drop();
  polled.drop();
  CHECK_FALSE(last.is_woken());
  guard.reset();
  CHECK(last.is_woken());
  last.drop();
  CHECK(value.try_lock().has_value());
}

TEST_CASE("[SX-01] many tasks that hold the lock across an await count right") {
  test::fake_host fake(7);
  auto total = std::make_shared<mutex<int>>(0);
  for (int i = 0; i < 20; ++i)
    spawn(
        [](std::shared_ptr<mutex<int>> shared) -> task<> {
          auto held = co_await shared->lock();
          const int before = *held;
          co_await yield_now();
          *held = before + 1;
        },
        total)
        .detach();
  fake.run_until_idle();
  CHECK(**total->try_lock() == 20);
}

TEST_CASE("[SX-01] a task that throws while it holds the lock unlocks it: no poisoning") {
  test::fake_host fake;
  auto value = std::make_shared<mutex<int>>(1);
  auto failed = spawn(
      [](std::shared_ptr<mutex<int>> shared) -> task<> {
        auto held = co_await shared->lock();
        *held = 5;
        throw 1;
      },
      value);
  fake.run_until_idle();
  CHECK(**value->try_lock() == 5);
}

TEST_CASE("[SX-02] try_lock fails while the lock is held, and while it is promised to a waiter") {
  test::fake_host fake;
  mutex<int> value(1);
  std::optional guard(value.try_lock().value());
  CHECK_FALSE(value.try_lock().has_value());
  hand_poll waiting(value.lock());
  CHECK(waiting.poll().is_pending());
  guard.reset();
  CHECK_FALSE(value.try_lock().has_value());
}

TEST_CASE("[SX-02] an owned guard keeps the mutex alive") {
  test::fake_host fake;
  auto value = std::make_shared<mutex<std::string>>("kept");
  std::weak_ptr<mutex<std::string>> watched = value;
  {
    hand_poll waiting(mutex<std::string>::lock_owned(value));
    auto guard = std::move(waiting.poll().value());
    waiting.drop();
    value.reset();
    CHECK(*guard == "kept");
    CHECK_FALSE(mutex<std::string>::try_lock_owned(watched.lock()).has_value());
  }
  CHECK(watched.expired());
}

TEST_CASE("[SX-02] blocking_lock panics inside a task and works outside") {
  test::fake_host fake;
  mutex<int> value(1);
  CHECK(*value.blocking_lock() == 1);
  hand_poll inside(poll_fn([&](context&) -> tokio::poll<int> { return *value.blocking_lock(); }));
  CHECK_THROWS_AS((void)inside.poll(), panic_error);
}

TEST_CASE("[SX-03] the only owner reaches the value without locking") {
  mutex<std::string> value("a");
  value.get_mut() += "b";
  CHECK(std::move(value).into_inner() == "ab");
}

TEST_CASE("[SX-04] a mapped guard points into the value and holds the lock") {
  mutex<std::pair<int, std::string>> value({1, "x"});
  {
    auto part = value.try_lock().value().map([](auto& pair) -> std::string& { return pair.second; });
    *part = "y";
    CHECK_FALSE(value.try_lock().has_value());
  }
  CHECK((*value.try_lock())->second == "y");
}

TEST_CASE("[SX-04] try_map gives the guard back when there is no such part") {
  mutex<int> value(4);
  auto none = value.try_lock().value().try_map([](int&) -> int* { return nullptr; });
  REQUIRE_FALSE(none.has_value());
  CHECK(*none.error() == 4);
  CHECK(none.error().mutex() == &value);
  CHECK_FALSE(value.try_lock().has_value());
  none.error().unlock();
  auto some = value.try_lock().value().try_map([](int& v) { return &v; });
  REQUIRE(some.has_value());
  CHECK(**some == 4);
}
