// abort_on_drop_handle and abort_on_drop, row JS-12.
#include "tokio/task/abort_on_drop.hpp"

#include <doctest/doctest.h>

#include <memory>

#include "sdk/task/probe.hpp"

using sdk_test::after;
using sdk_test::gate;
using sdk_test::give;
using sdk_test::hold;
using sdk_test::never;
using tokio::task;
using tokio::test::block_on;
using tokio::test::fake_host;

TEST_CASE("[JS-12] a handle that aborts when it goes can be awaited, and detached") {
  fake_host host;
  auto tracked = std::make_shared<int>(1);
  {
    const tokio::abort_on_drop_handle<int> guard(tokio::spawn(hold, tracked));
    host.run_until_stalled();
    CHECK_FALSE(guard.is_finished());
    CHECK(guard.id() == guard.abort_handle().id());
  }
  host.run_until_stalled();
  CHECK(tracked.use_count() == 1);
  tokio::abort_on_drop_handle<int> awaited(tokio::spawn(give(3)));
  CHECK(block_on(awaited) == 3);
  tokio::abort_on_drop_handle<int> by_hand(tokio::spawn(never()));
  by_hand.abort();
  CHECK(block_on(by_hand).error().is_cancelled());
  tokio::abort_on_drop_handle<int> assigned(tokio::spawn(hold, tracked));
  assigned = tokio::abort_on_drop_handle<int>(tokio::spawn(give(4)));
  host.run_until_stalled();
  CHECK(tracked.use_count() == 1);
  auto plain = std::move(assigned).detach();
  CHECK(block_on(plain) == 4);
}

TEST_CASE("[JS-12] an abort handle that aborts when it goes, unless it was detached") {
  fake_host host;
  gate at;
  auto one = tokio::spawn(never()), two = tokio::spawn(after(at));
  {
    const tokio::abort_on_drop aborts(one.abort_handle());
    tokio::abort_on_drop spares(two.abort_handle());
    const auto id = spares.id();
    CHECK(std::move(spares).detach().id() == id);
  }
  CHECK(block_on(one).error().is_cancelled());
  CHECK_FALSE(two.is_finished());
  at.open(1);
  CHECK(block_on(two) == 1);
}
