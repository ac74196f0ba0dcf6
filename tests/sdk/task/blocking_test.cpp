// spawn_blocking.
#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>

#include "sdk/task/probe.hpp"

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
