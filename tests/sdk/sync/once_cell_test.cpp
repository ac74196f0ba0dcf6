// tokio::sync::once_cell, rows SN-08 and SN-09, and what it shares with set_once.
#include "tokio/sync/once_cell.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "sdk/sync/counted.hpp"
#include "tokio/sync/oneshot.hpp"
#include "tokio/sync/set_once.hpp"
#include "tokio/task.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using namespace tokio::sync;
using test::counted;
using test::hand_poll;

// An initializer that ends when the test says so.
struct held_back {
  oneshot::sender<int> release;
  oneshot::receiver<int> held;
  static held_back make() {
    auto [tx, rx] = oneshot::channel<int>();
    return {std::move(tx), std::move(rx)};
  }
  auto initializer(int& began) {
    return [&began, this]() -> task<int> {
      ++began;
      auto got = co_await held;
      if (!got) throw std::runtime_error("no value");
      co_return *got;
    };
  }
};

task<int> give(int value) { co_return value; }

}  // namespace

TEST_CASE("[SN-08] the first one makes the value, and the others get that one") {
  test::fake_host fake;
  once_cell<int> cell;
  auto source = held_back::make();
  int began = 0;
  hand_poll first(cell.get_or_init(source.initializer(began)));
  CHECK(first.poll().is_pending());
  hand_poll second(cell.get_or_init([] { return give(2); }));
  hand_poll third(cell.get_or_init([] { return give(3); }));
  CHECK(second.poll().is_pending());
  CHECK(third.poll().is_pending());
  CHECK_FALSE(cell.initialized());
  CHECK(cell.get() == nullptr);
  (void)std::move(source.release).send(1);
  CHECK(first.is_woken());
  CHECK_FALSE(second.is_woken());
  CHECK(*first.poll().value() == 1);
  CHECK(second.is_woken());
  CHECK(third.is_woken());
  CHECK(second.poll().value() == cell.get());
  CHECK(*third.poll().value() == 1);
  CHECK(began == 1);
  hand_poll later(cell.get_or_init([] { return give(4); }));
  CHECK(*later.poll().value() == 1);
}

TEST_CASE("[SN-08] when the one who makes it is dropped, throws or fails, the next one makes its own") {
  test::fake_host fake;
  once_cell<int> cell;
  auto source = held_back::make();
  int began = 0;
  std::optional<hand_poll<task<int>>> dropped;
  auto wait_for = [](once_cell<int>& of, held_back& from, int& count) -> task<int> {
    co_return *co_await of.get_or_init(from.initializer(count));
  };
  dropped.emplace(wait_for(cell, source, began));
  CHECK(dropped->poll().is_pending());
  auto gone = held_back::make();
  hand_poll throws(cell.get_or_init(gone.initializer(began)));
  CHECK(throws.poll().is_pending());
  CHECK(began == 1);
  dropped.reset();
  CHECK(throws.is_woken());
  CHECK(throws.poll().is_pending());
  CHECK(began == 2);
  hand_poll fails(cell.get_or_try_init(
      []() -> task<std::expected<int, std::string>> { co_return std::unexpected(std::string("disk full")); }));
  CHECK(fails.poll().is_pending());
  {
    auto ends = std::move(gone.release);
  }
  CHECK_THROWS_AS((void)throws.poll(), std::runtime_error);
  CHECK(fails.is_woken());
  hand_poll good(cell.get_or_try_init([]() -> task<std::expected<int, std::string>> { co_return 7; }));
  CHECK(good.poll().is_pending());
  CHECK(fails.poll().value().error() == "disk full");
  CHECK(good.is_woken());
  CHECK(*good.poll().value().value() == 7);
  CHECK(*cell.get() == 7);
}

TEST_CASE("[SN-08] a wait that is dropped before it may make anything leaves the others in line") {
  test::fake_host fake;
  once_cell<int> cell;
  auto source = held_back::make();
  int began = 0;
  hand_poll first(cell.get_or_init(source.initializer(began)));
  hand_poll second(cell.get_or_init([] { return give(2); }));
  hand_poll third(cell.get_or_init([] { return give(3); }));
  CHECK(first.poll().is_pending());
  CHECK(second.poll().is_pending());
  CHECK(third.poll().is_pending());
  second.drop();
  first.drop();
  CHECK(third.is_woken());
  CHECK(*third.poll().value() == 3);
}

TEST_CASE("[SN-08] the callable and what it captured live until the value is there") {
  test::fake_host fake;
  once_cell<std::string> cell;
  auto whole = [](once_cell<std::string>& of) -> task<std::string> {
    const std::string text = "a text that is too long to be kept in the object itself";
    co_return *co_await of.get_or_init([copy = text]() -> task<std::string> {
      co_await yield_now();
      co_return copy;
    });
  };
  CHECK(test::block_on(whole(cell)).starts_with("a text"));
}

TEST_CASE("[SN-09] set stores once, and says why it could not") {
  test::fake_host fake;
  once_cell<int> cell;
  CHECK(cell.set(1).has_value());
  CHECK(*cell.get() == 1);
  auto again = cell.set(2);
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().is_already_initialized());
  CHECK(again.error().value == 2);
  once_cell<int> busy;
  auto source = held_back::make();
  int began = 0;
  hand_poll making(busy.get_or_init(source.initializer(began)));
  CHECK(making.poll().is_pending());
  auto early = busy.set(3);
  REQUIRE_FALSE(early.has_value());
  CHECK(early.error().is_initializing());
  CHECK(early.error().value == 3);
  making.drop();
  CHECK(busy.set(4).has_value());
}

TEST_CASE("[SN-09] the only owner may change and take the value, and then it can be made again") {
  test::fake_host fake;
  once_cell<int> cell(1);
  CHECK(cell.initialized());
  *cell.get_mut() = 5;
  CHECK(cell.take() == 5);
  CHECK_FALSE(cell.initialized());
  CHECK(cell.get() == nullptr);
  CHECK(cell.take() == std::nullopt);
  hand_poll again(cell.get_or_init([] { return give(6); }));
  CHECK(*again.poll().value() == 6);
  CHECK(std::move(cell).into_inner() == 6);
  CHECK_FALSE(once_cell<int>(std::optional<int>()).initialized());
}

TEST_CASE("[SN-09] [SN-10] the value is destroyed once, with its holder or with who took it") {
  {
    once_cell<counted> kept(counted(1));
    once_cell<counted> taken(counted(2));
    set_once<counted> set;
    CHECK(set.set(counted(3)).has_value());
    CHECK_FALSE(set.set(counted(4)).has_value());
    CHECK(counted::alive == 3);
    auto mine = std::move(taken).into_inner();
    CHECK(mine->value == 2);
    CHECK(counted::alive == 3);
  }
  CHECK(counted::alive == 0);
}
