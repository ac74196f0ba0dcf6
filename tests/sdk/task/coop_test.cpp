// Taking turns, budget, task locals.
#include <doctest/doctest.h>

#include "sdk/task/probe.hpp"

using sdk_test::gate;
using tokio::task;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;

TEST_CASE("[TK-16] yield_now is pending once, and others run first") {
  fake_host host;
  std::vector<int> order;
  auto turns = [&](int name) -> task<> {
    for (int i = 0; i < 3; ++i) {
      order.push_back(name);
      co_await tokio::yield_now();
    }
  };
  tokio::spawn(turns, 1).detach();
  tokio::spawn(turns, 2).detach();
  host.run_until_stalled();
  CHECK(order == std::vector<int>{1, 2, 1, 2, 1, 2});
}

TEST_CASE("[TK-16] a yield inside a select that another branch wins is not seen") {
  fake_host host;
  auto one = []() -> task<int> { co_return 1; };
  auto outer = [&]() -> task<std::size_t> {
    co_return (co_await tokio::select(tokio::biased, tokio::yield_now(), one())).index();
  };
  hand_poll polled(outer());
  auto done = polled.poll();
  REQUIRE(done.is_ready());
  CHECK(done.value() == 1);
}

TEST_CASE("[TK-21] a poll has 128 units, and a leaf without one is polled again") {
  fake_host host;
  int done = 0;
  auto spend = [&]() -> task<> {
    for (int i = 0; i < 1000; ++i) {
      co_await tokio::consume_budget();
      ++done;
    }
  };
  hand_poll spending(spend());
  CHECK(spending.poll().is_pending());
  CHECK(done == 128);
  CHECK(spending.is_woken());
  CHECK(host.forced_yields == 1);
  int polls = 1;
  while (spending.poll().is_pending()) ++polls;
  CHECK(polls == 7);
}

TEST_CASE("[TK-22] consume_budget spends one unit at once, and gives the turn away only when none is left") {
  fake_host host;
  hand_poll one{tokio::consume_budget()};
  CHECK(one.poll_with_budget(2).is_ready());
  CHECK(one.budget_left() == 1);
  CHECK_FALSE(one.is_woken());
  hand_poll spent{tokio::consume_budget()};
  CHECK(spent.poll_with_budget(0).is_pending());
  CHECK(spent.is_woken());
  CHECK(host.forced_yields == 1);
  CHECK(spent.poll_with_budget(1).is_ready());
}

TEST_CASE("[TK-20] an unconstrained future is never made to yield, and gives the budget back") {
  fake_host host;
  auto spend = []() -> task<int> {
    for (int i = 0; i < 1000; ++i) co_await tokio::consume_budget();
    co_return 1;
  };
  hand_poll spending{tokio::unconstrained(spend())};
  CHECK(spending.poll_with_budget(3).is_ready());
  CHECK(spending.budget_left() == 3);
}

TEST_CASE("[TK-23] a turn that made no progress gives its unit back") {
  fake_host host;
  bool progress = false;
  hand_poll leaf(tokio::poll_fn([&](tokio::context& cx) -> tokio::poll<int> {
    tokio::coop::turn turn(cx);
    if (!turn || !progress) return tokio::pending;
    turn.made_progress();
    return 1;
  }));
  CHECK(leaf.poll_with_budget(5).is_pending());
  CHECK(leaf.budget_left() == 5);
  progress = true;
  CHECK(leaf.poll_with_budget(0).is_pending());
  CHECK(leaf.is_woken());
  CHECK(leaf.poll_with_budget(5).is_ready());
  CHECK(leaf.budget_left() == 4);
}

TEST_CASE("[TK-24] whether budget is left can be asked, and a wrapper charges on completion") {
  fake_host host;
  CHECK(tokio::coop::has_budget_remaining());  // outside of a task nothing is counted
  gate gate;
  hand_poll charged(tokio::coop::cooperative(gate.wait()));
  CHECK(charged.poll_with_budget(2).is_pending());
  CHECK(charged.budget_left() == 2);
  gate.open();
  CHECK(charged.poll_with_budget(2).is_ready());
  CHECK(charged.budget_left() == 1);
  hand_poll asking(tokio::poll_fn([](tokio::context& cx) -> tokio::poll<bool> {
    (void)cx.proceed();
    return tokio::coop::has_budget_remaining();
  }));
  CHECK(asking.poll_with_budget(2).value());
  CHECK_FALSE(asking.poll_with_budget(1).value());
}

namespace {
constinit tokio::local_key<int> number;
constinit tokio::local_key<std::string> text;
}  // namespace

TEST_CASE("[TK-25] a task local is there inside its future only, also after a suspension") {
  fake_host host;
  CHECK_FALSE(number.try_get().has_value());
  auto inner = [](int expected) -> task<bool> {
    bool same = number.get() == expected;
    co_await tokio::yield_now();
    co_return same&& number.get() == expected && !text.try_get().has_value();
  };
  auto outer = [&]() -> task<> {
    CHECK(co_await number.scope(1, inner(1)));
    CHECK_FALSE(number.try_get().has_value());
    auto [a, b] = co_await tokio::join(number.scope(2, inner(2)), number.scope(3, inner(3)));
    CHECK(a);
    CHECK(b);
  };
  auto run = outer();
  block_on(std::move(run));
  CHECK_FALSE(number.try_get().has_value());
}

TEST_CASE("[TK-25] an inner scope shadows the outer one, and a spawned task inherits none") {
  fake_host host;
  auto look = []() -> task<int> { co_return number.try_get().value_or(-1); };
  auto outer = [&]() -> task<> {
    CHECK(co_await number.scope(2, look()) == 2);
    CHECK(co_await look() == 1);
    CHECK((co_await tokio::spawn(look())).value() == -1);
  };
  block_on(number.scope(1, outer()));
}

TEST_CASE("[TK-25] [B-014] a task local is there in destructors, on abort and on completion") {
  fake_host host;
  std::vector<int> seen;
  struct look {
    std::vector<int>& out;
    ~look() { out.push_back(number.try_get().value_or(-1)); }
  };
  gate gate;
  auto body = [](std::vector<int>& out, sdk_test::gate& at) -> task<> {
    look at_end{out};
    co_await at.wait();
  };
  auto aborted = tokio::spawn(number.scope(5, body(seen, gate)));
  host.run_until_stalled();
  aborted.abort();
  host.run_until_stalled();
  CHECK(seen == std::vector<int>{5});
  gate.open();
  block_on(number.scope(6, body(seen, gate)));
  CHECK(seen == std::vector<int>{5, 6});
}

TEST_CASE("[TK-26] get panics where nothing is set, try_with says so") {
  fake_host host;
  CHECK_THROWS_WITH_AS(number.get(), "task local: no value is set here", tokio::panic_error);
  CHECK_FALSE(number.try_with([](int&) {}).has_value());
  number.sync_scope(4, [] {
    number.with([](int& value) { value += 1; });
    CHECK(number.get() == 5);
  });
  CHECK_FALSE(number.try_get().has_value());
}

TEST_CASE("[TK-27] a value that was taken is gone inside the future") {
  fake_host host;
  gate gate;
  bool there = true;
  auto body = [&]() -> task<> {
    co_await gate.wait();
    there = number.try_get().has_value();
  };
  hand_poll scoped(number.scope(9, body()));
  CHECK(scoped.poll().is_pending());
  CHECK(scoped.future().take_value() == 9);
  gate.open();
  CHECK(scoped.poll().is_ready());
  CHECK_FALSE(there);
}
