// tokio::sync::rwlock, rows SX-05 to SX-08.
#include "tokio/sync/rwlock.hpp"

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
using lock_of_pair = rwlock<std::pair<int, std::string>>;

template <class F>
auto got(hand_poll<F>& waiting) {
  auto polled = waiting.poll();
  REQUIRE(polled.is_ready());
  return std::optional(std::move(polled.value()));
}

template <class Guard>
constexpr bool can_downgrade = requires(Guard guard) { std::move(guard).downgrade(); };
static_assert(can_downgrade<rwlock_write_guard<int>> && !can_downgrade<rwlock_read_guard<int>>);

}  // namespace

TEST_CASE("[SX-05] the number of readers has a limit, of at least one") {
  test::fake_host fake;
  CHECK_THROWS_AS(rwlock<int>(1, 0), panic_error);
  CHECK_THROWS_AS(rwlock<int>(1, rwlock<int>::most_readers + 1), panic_error);
  CHECK(rwlock<int>::most_readers == UINT32_MAX >> 3);
  rwlock<int> two(1, 2);
  auto first = two.try_read(), second = two.try_read();
  CHECK(first.has_value());
  CHECK(second.has_value());
  hand_poll third(two.read());
  CHECK(third.poll().is_pending());
  first->unlock();
  CHECK(third.is_woken());
  CHECK(third.poll().is_ready());
  rwlock<int> most(1, rwlock<int>::most_readers);
  CHECK(most.try_write().has_value());
}

TEST_CASE("[SX-06] readers share, a writer is alone") {
  test::fake_host fake;
  rwlock<int> value(1);
  hand_poll one(value.read());
  hand_poll two(value.read());
  hand_poll writer(value.write());
  auto first = got(one), second = got(two);
  CHECK(**first + **second == 2);
  CHECK(writer.poll().is_pending());
  first.reset();
  CHECK_FALSE(writer.is_woken());
  second.reset();
  CHECK(writer.is_woken());
  {
    auto alone = got(writer);
    **alone = 5;
    hand_poll reader(value.read());
    hand_poll other(value.write());
    CHECK(reader.poll().is_pending());
    CHECK(other.poll().is_pending());
  }
  CHECK(**value.try_read() == 5);
}

TEST_CASE("[SX-06] a writer that waits holds up later readers, and those who wait come in their order") {
  test::fake_host fake;
  rwlock<int> value(0);
  std::optional reader(value.try_read().value());
  hand_poll first(value.write());
  hand_poll second(value.write());
  hand_poll late(value.read());
  CHECK(first.poll().is_pending());
  CHECK(late.poll().is_pending());
  CHECK(second.poll().is_pending());
  reader.reset();
  CHECK(first.is_woken());
  CHECK_FALSE(late.is_woken());
  got(first).reset();
  CHECK(late.is_woken());
  CHECK_FALSE(second.is_woken());
  got(late).reset();
  CHECK(second.is_woken());
  CHECK(second.poll().is_ready());
}

TEST_CASE("[SX-06] a wait that is dropped, polled or not, leaves its place to the others") {
  test::fake_host fake;
  rwlock<int> value(0);
  std::optional reader(value.try_read().value());
  hand_poll writer(value.write());
  hand_poll late(value.read());
  hand_poll unpolled(value.write());
  CHECK(writer.poll().is_pending());
  CHECK(late.poll().is_pending());
  unpolled.drop();
  writer.drop();
  CHECK(late.is_woken());
  CHECK(late.poll().is_ready());
  reader.reset();
  late.drop();
  CHECK(value.try_write().has_value());
}

TEST_CASE("[SX-06] the try forms fail when the lock is held the other way, or promised") {
  test::fake_host fake;
  rwlock<int> value(0);
  {
    auto reader = value.try_read();
    REQUIRE(reader.has_value());
    CHECK(value.try_read().has_value());
    CHECK_FALSE(value.try_write().has_value());
  }
  {
    auto writer = value.try_write();
    REQUIRE(writer.has_value());
    CHECK_FALSE(value.try_read().has_value());
    CHECK_FALSE(value.try_write().has_value());
  }
  auto reader = value.try_read();
  hand_poll waits(value.write());
  CHECK(waits.poll().is_pending());
  CHECK_FALSE(value.try_read().has_value());
}

TEST_CASE("[SX-06] the blocking forms panic inside a task and work outside") {
  test::fake_host fake;
  rwlock<int> value(1);
  CHECK(*value.blocking_read() == 1);
  *value.blocking_write() = 2;
  hand_poll reads(poll_fn([&](context&) -> tokio::poll<int> { return *value.blocking_read(); }));
  CHECK_THROWS_AS((void)reads.poll(), panic_error);
  hand_poll writes(poll_fn([&](context&) -> tokio::poll<int> { return *value.blocking_write(); }));
  CHECK_THROWS_AS((void)writes.poll(), panic_error);
}

TEST_CASE("[SX-06] owned guards keep the lock alive") {
  test::fake_host fake;
  using lock = rwlock<std::string>;
  auto value = std::make_shared<lock>("kept");
  std::weak_ptr<lock> watched = value;
  {
    hand_poll reads(lock::read_owned(value));
    auto reader = got(reads);
    reads.drop();
    CHECK(lock::try_read_owned(value).has_value());
    CHECK_FALSE(lock::try_write_owned(value).has_value());
    CHECK(reader->rwlock() == value);
    value.reset();
    CHECK(**reader == "kept");
    hand_poll writes(lock::write_owned(watched.lock()));
    CHECK(writes.poll().is_pending());
    reader.reset();
    auto writer = got(writes);
    writes.drop();
    (*writer)->append("!");
    CHECK_FALSE(lock::try_read_owned(watched.lock()).has_value());
  }
  CHECK(watched.expired());
}

TEST_CASE("[SX-06] who throws while it holds the lock unlocks it, and the only owner needs no lock") {
  test::fake_host fake;
  auto value = std::make_shared<rwlock<int>>(1);
  auto failed = spawn(
      [](std::shared_ptr<rwlock<int>> shared) -> task<> {
        auto held = co_await shared->write();
        *held = 5;
        throw 1;
      },
      value);
  fake.run_until_idle();
  CHECK(**value->try_write() == 5);
  value->get_mut() = 6;
  CHECK(std::move(*value).into_inner() == 6);
}

TEST_CASE("[SX-06] a read costs a unit of budget when it is given and none while it waits") {
  test::fake_host fake;
  rwlock<int> value(1);
  hand_poll reads(value.read());
  std::optional writer(value.try_write().value());
  CHECK(reads.poll_with_budget(2).is_pending());
  CHECK(reads.budget_left() == 2);
  writer.reset();
  CHECK(reads.poll_with_budget(2).is_ready());
  CHECK(reads.budget_left() == 1);
}

TEST_CASE("[SX-07] a downgrade lets readers in, no writer, and no reader that came behind one") {
  test::fake_host fake;
  rwlock<int> value(1);
  hand_poll early(value.read());
  hand_poll writer(value.write());
  hand_poll late(value.read());
  {
    auto alone = value.try_write().value();
    *alone = 2;
    CHECK(early.poll().is_pending());
    CHECK(writer.poll().is_pending());
    CHECK(late.poll().is_pending());
    auto shared = std::move(alone).downgrade();
    static_assert(std::same_as<decltype(shared), rwlock_read_guard<int>>);
    CHECK(*shared == 2);
    CHECK(early.is_woken());
    CHECK_FALSE(writer.is_woken());
    got(early).reset();
    CHECK_FALSE(late.is_woken());
    CHECK_FALSE(value.try_write().has_value());
  }
  CHECK(writer.is_woken());
  got(writer).reset();
  CHECK(late.is_woken());
}

TEST_CASE("[SX-07] a downgrade of a lock for one reader lets nobody in") {
  rwlock<int> value(1, 1);
  auto shared = value.try_write().value().downgrade();
  CHECK_FALSE(value.try_read().has_value());
  shared.unlock();
  CHECK(value.try_write().has_value());
}

TEST_CASE("[SX-07] a writer can go on with a part, alone or as a reader") {
  lock_of_pair value({1, "x"});
  {
    auto part = value.try_write().value().map([](auto& pair) -> std::string& { return pair.second; });
    *part = "y";
    CHECK_FALSE(value.try_read().has_value());
    auto letter = std::move(part).map([](std::string& text) -> char& { return text[0]; });
    *letter = 'z';
    CHECK_FALSE(value.try_read().has_value());
  }
  {
    auto shared = value.try_write().value().downgrade_map([](auto& pair) -> const std::string& { return pair.second; });
    static_assert(std::same_as<decltype(*shared), const std::string&>);
    CHECK(*shared == "z");
    CHECK((*value.try_read())->second == "z");
    CHECK_FALSE(value.try_write().has_value());
  }
  auto whole = value.try_write().value().into_mapped();
  static_assert(std::same_as<decltype(whole),
                             rwlock_mapped_write_guard<std::pair<int, std::string>, std::pair<int, std::string>>>);
  static_assert(!can_downgrade<decltype(whole)>);
  whole->first = 9;
  whole.unlock();
  CHECK(value.get_mut().first == 9);
}

TEST_CASE("[SX-07] where there is no such part, the guard comes back and still writes") {
  rwlock<int> value(4);
  auto none = value.try_write().value().try_map([](int&) -> int* { return nullptr; });
  REQUIRE_FALSE(none.has_value());
  *none.error() = 5;
  CHECK_FALSE(value.try_read().has_value());
  auto neither = std::move(none.error()).try_downgrade_map([](const int&) -> const int* { return nullptr; });
  REQUIRE_FALSE(neither.has_value());
  *neither.error() = 6;
  CHECK_FALSE(value.try_read().has_value());
  auto part = std::move(neither.error()).try_map([](int& v) { return &v; });
  REQUIRE(part.has_value());
  auto no_part = std::move(*part).try_map([](int&) -> int* { return nullptr; });
  REQUIRE_FALSE(no_part.has_value());
  no_part.error().unlock();
  auto shared = value.try_write().value().try_downgrade_map([](const int& v) { return &v; });
  REQUIRE(shared.has_value());
  CHECK(**shared == 6);
  CHECK(value.try_read().has_value());
}

TEST_CASE("[SX-07] a projection that throws leaves the lock to the guard") {
  rwlock<int> value(4);
  auto guard = value.try_write().value();
  CHECK_THROWS_AS((void)std::move(guard).map([](int&) -> int& { throw 1; }), int);
  CHECK_THROWS_AS((void)std::move(guard).downgrade_map([](const int&) -> const int& { throw 1; }), int);
  *guard = 5;
  CHECK_FALSE(value.try_read().has_value());
  guard.unlock();
  CHECK(**value.try_read() == 5);
}

TEST_CASE("[SX-08] a reader can go on with a part, and get itself back where there is none") {
  lock_of_pair value({1, "x"});
  auto part = value.try_read().value().map([](auto& pair) -> const std::string& { return pair.second; });
  CHECK(*part == "x");
  CHECK(part.rwlock() == &value);
  CHECK(value.try_read().has_value());
  CHECK_FALSE(value.try_write().has_value());
  auto none = std::move(part).try_map([](const std::string&) -> const char* { return nullptr; });
  REQUIRE_FALSE(none.has_value());
  CHECK(*none.error() == "x");
  auto some = std::move(none.error()).try_map([](const std::string& text) { return text.data(); });
  REQUIRE(some.has_value());
  CHECK(**some == 'x');
  some->unlock();
  CHECK(value.try_write().has_value());
  auto owner = std::make_shared<lock_of_pair>(std::pair(2, "y"));
  auto owned = lock_of_pair::try_read_owned(owner).value().map([](auto& pair) -> const int& { return pair.first; });
  owner.reset();
  CHECK(*owned == 2);
}
