// spawn_blocking and block_in_place.
#include "tokio/task/blocking.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>

#include "sdk/task/probe.hpp"

using tokio::block_in_place;
using tokio::spawn_blocking;
using tokio::task;
using tokio::test::block_on;
using tokio::test::fake_host;

TEST_CASE("[TK-17] spawn_blocking gives what the closure returns") {
  fake_host host;
  CHECK(block_on(spawn_blocking([] { return 42; })) == 42);
  auto owned = std::make_unique<int>(3);
  auto handle = spawn_blocking([p = std::move(owned)] { return std::make_unique<int>(*p + 1); });
  CHECK(*block_on(std::move(handle)).value() == 4);
}

TEST_CASE("[TK-17] spawn and spawn_blocking work inside the closure") {
  fake_host host;
  bool ran = false;
  auto outer = spawn_blocking([&] {
    return spawn_blocking([&] {
      tokio::spawn([&]() -> task<> {
        ran = true;
        co_return;
      }).detach();
    });
  });
  auto inner = block_on(std::move(outer)).value();
  CHECK(block_on(std::move(inner)).has_value());
  host.run_until_stalled();
  CHECK(ran);
}

TEST_CASE("[TK-17] an exception of the closure is the join error's panic") {
  fake_host host;
  auto error = block_on(spawn_blocking([]() -> int { throw std::runtime_error("disk on fire"); })).error();
  CHECK(error.is_panic());
  CHECK(error.message() == "disk on fire");
}

TEST_CASE("[TK-09] abort works before the closure starts") {
  fake_host host;
  host.hold_jobs = true;
  bool ran = false;
  auto handle = spawn_blocking([&, tracked = std::make_shared<int>(1)] { ran = true; });
  host.run_until_stalled();
  handle.abort();
  auto joined = block_on(handle);
  CHECK(joined.error().is_cancelled());
  CHECK_FALSE(ran);
}

TEST_CASE("[TK-09] abort of a closure that ran already is ignored") {
  fake_host host;
  auto handle = spawn_blocking([] { return 7; });
  host.run_one_job();
  handle.abort();
  CHECK(block_on(handle) == 7);
}

TEST_CASE("[TK-17] dropping the handle does not stop the closure") {
  fake_host host;
  bool ran = false;
  {
    auto handle = spawn_blocking([&] { ran = true; });
  }
  host.run_until_stalled();
  CHECK(ran);
}

TEST_CASE("[TK-17] [B-024] after shutdown the handle resolves as cancelled and the closure is destroyed unrun") {
  fake_host host;
  auto tracked = std::make_shared<int>(1);
  host.closed = true;
  auto handle = spawn_blocking([tracked] { return *tracked; });
  CHECK(tracked.use_count() == 1);
  host.closed = false;
  CHECK(block_on(handle).error().is_cancelled());
}

TEST_CASE("[TK-19] block_in_place runs the closure here and gives what it gives") {
  fake_host host;
  block_on([](fake_host& of) -> task<> {
    int mine = 1;
    int& same = block_in_place([&]() -> int& { return mine; });
    CHECK(&same == &mine);
    CHECK(*block_in_place([p = std::make_unique<int>(3)] { return std::make_unique<int>(*p + 1); }) == 4);
    block_in_place([&] { CHECK(of.blocks_in_place); });
    CHECK_FALSE(of.blocks_in_place);
    co_return;
  }(host));
}

TEST_CASE("[TK-19] what the closure throws comes out, and the stretch is over") {
  fake_host host;
  block_on([](fake_host& of) -> task<> {
    CHECK_THROWS_AS(block_in_place([] { throw std::runtime_error("disk on fire"); }), std::runtime_error);
    CHECK_FALSE(of.blocks_in_place);
    co_return;
  }(host));
}

TEST_CASE("[TK-19] block_in_place nests, and the outer stretch lasts until its end") {
  fake_host host;
  block_on([](fake_host& of) -> task<> {
    const int got = block_in_place([&] {
      const int inner = block_in_place([] { return block_in_place([] { return 5; }) + 1; });
      CHECK(of.blocks_in_place);
      return inner + 1;
    });
    CHECK(got == 7);
    CHECK_FALSE(of.blocks_in_place);
    co_return;
  }(host));
}

namespace {

// Spends a unit of the budget each time it is polled.
struct spender {
  using output = void;
  tokio::poll<void> poll(tokio::context& cx) {
    if (!cx.proceed()) return tokio::pending;
    return tokio::ready();
  }
};

// Of the poll that goes on, by a context made here; how many of 200 units were given.
int spend_200() {
  tokio::context cx(tokio::this_thread.cx);
  int given = 0;
  for (int i = 0; i < 200; ++i) given += spender().poll(cx).is_ready() ? 1 : 0;
  return given;
}

}  // namespace

TEST_CASE("[TK-19] [B-042] inside there is no budget, also after what was thrown or nested; behind it there is again") {
  fake_host host;
  block_on([]() -> task<> {
    CHECK(block_in_place(spend_200) == 200);
    CHECK(block_in_place([] {
            block_in_place([] {});
            return spend_200();
          }) == 200);
    CHECK_THROWS(block_in_place([] { throw 1; }));
    CHECK(spend_200() == 128);
    co_return;
  }());
}

TEST_CASE("[TK-19] [B-043] on a runtime with one thread it panics in a task, and is a plain call elsewhere") {
  fake_host host;
  host.refuse_block_in_place = true;
  auto in_task = tokio::spawn([]() -> task<> {
    block_in_place([] {});
    co_return;
  }());
  const auto error = block_on(std::move(in_task)).error();
  CHECK(error.is_panic());
  CHECK(error.message().find("one thread") != std::string_view::npos);
  CHECK(block_in_place([] { return 1; }) == 1);
  CHECK(block_on(spawn_blocking([] { return block_in_place([] { return 2; }); })) == 2);
}

TEST_CASE("[TK-19] outside of a runtime it is a plain call") {
  CHECK(block_in_place([] { return 3; }) == 3);
}
