// select, join, try_join: who is polled, in which order, and what is destroyed when.
#include <doctest/doctest.h>

#include <set>
#include <stdexcept>

#include "sdk/task/probe.hpp"

using sdk_test::gate;
using sdk_test::tracer;
using tokio::biased;
using tokio::join;
using tokio::on;
using tokio::otherwise;
using tokio::select;
using tokio::task;
using tokio::when;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;

namespace {

task<int> give(int value) { co_return value; }
task<> nothing() { co_return; }
// Notes that it was polled, and waits for ever.
auto never(std::vector<int>& log, int name) {
  return tokio::poll_fn([&log, name](tokio::context&) -> tokio::poll<int> {
    log.push_back(name);
    return tokio::pending;
  });
}
task<> wait_with(gate& at, tracer) { co_await at.wait(); }
using refusal = std::expected<int, std::string>;
task<refusal> answer(gate& at, refusal value) {
  co_await at.wait();
  co_return value;
}

}  // namespace

TEST_CASE("[MC-03] select gives the winner's index and value") {
  fake_host host;
  gate slow;
  auto won = block_on(select(slow.wait(), give(8)));
  REQUIRE(won.index() == 1);
  CHECK(won.get<1>() == 8);
}

TEST_CASE("[MC-03] a branch without a value wins too") {
  fake_host host;
  gate slow;
  CHECK(block_on(select(slow.wait(), nothing())).index() == 1);
}

TEST_CASE("[MC-03] the losers are destroyed before the winner's handler runs") {
  fake_host host;
  gate slow, fast;
  std::vector<std::string> log;
  hand_poll race(select(on(wait_with(slow, tracer(log, "loser")), [&] { log.push_back("wrong handler"); }),
                        on(fast.wait(), [&](int value) { log.push_back("handler " + std::to_string(value)); })));
  CHECK(race.poll().is_pending());
  CHECK(log.empty());
  fast.open(2);
  CHECK(race.is_woken());
  CHECK(race.poll().is_ready());
  CHECK(log == std::vector<std::string>{"loser", "handler 2"});
}

TEST_CASE("[MC-03] the losers are gone when select without handlers returns") {
  fake_host host;
  gate slow;
  std::vector<std::string> log;
  auto outer = [&]() -> task<> {
    auto won = co_await select(wait_with(slow, tracer(log, "loser")), give(1));
    log.push_back("returned " + std::to_string(won.index()));
  };
  block_on(outer());
  CHECK(log == std::vector<std::string>{"loser", "returned 1"});
}

TEST_CASE("[MC-03] a handler may await, and gives the value of the select") {
  fake_host host;
  gate slow, after;
  auto handler = [&](int value) -> task<int> { co_return value + co_await after.wait(); };
  hand_poll race(select(on(give(5), handler), on(slow.wait(), [](int value) { return value; })));
  CHECK(race.poll().is_pending());
  CHECK(slow.polls <= 1);
  int polls_before = slow.polls;
  after.open(10);
  auto done = race.poll();
  REQUIRE(done.is_ready());
  CHECK(done.value() == 15);
  CHECK(slow.polls == polls_before);
}

TEST_CASE("[MC-03] a handler may use what its loser used") {
  fake_host host;
  gate slow;
  std::string shared = "a";
  auto loser = [](std::string& text, sdk_test::gate& at) -> task<> {
    co_await at.wait();
    text += "loser";
  };
  block_on(select(on(loser(shared, slow), [] {}), on(give(1), [&](int) { shared += "winner"; })));
  CHECK(shared == "awinner");
}

TEST_CASE("[MC-04] a branch whose guard is false is never polled") {
  fake_host host;
  std::vector<int> log;
  auto won = block_on(select(when(false, never(log, 1)), when(true, give(3))));
  CHECK(won.index() == 1);
  CHECK(log.empty());
}

TEST_CASE("[MC-05] a value that does not match disables its branch") {
  fake_host host;
  gate slow;
  hand_poll race(select(biased,
                        tokio::matching(
                            give(1), [](int value) { return value > 1; }, [](int) { return 1; }),
                        on(slow.wait(), [](int) { return 2; })));
  CHECK(race.poll().is_pending());
  CHECK(slow.polls == 1);
  slow.open();
  CHECK(race.poll().value() == 2);
}

TEST_CASE("[MC-06] otherwise runs when every branch is disabled") {
  fake_host host;
  std::vector<int> log;
  CHECK(block_on(select(when(false, never(log, 1), [](int) { return 1; }), otherwise([] { return 2; }))) == 2);
  auto odd = [](int value) { return value % 2 == 1; };
  CHECK(block_on(select(tokio::matching(give(4), odd, [](int) { return 1; }), otherwise([] { return 2; }))) == 2);
}

TEST_CASE("[MC-06] all branches disabled without otherwise is a panic with a sentence") {
  fake_host host;
  std::vector<int> log;
  CHECK_THROWS_WITH_AS(block_on(select(when(false, never(log, 1)))),
                       "select: all branches are disabled and there is no otherwise branch", tokio::panic_error);
}

TEST_CASE("[MC-07] biased polls in the order written, every time") {
  fake_host host;
  std::vector<int> log;
  hand_poll race(select(biased, never(log, 1), never(log, 2), never(log, 3)));
  for (int i = 0; i < 3; ++i) CHECK(race.poll().is_pending());
  CHECK(log == std::vector<int>{1, 2, 3, 1, 2, 3, 1, 2, 3});
}

TEST_CASE("[MC-07] without biased each poll starts at a random branch and goes round") {
  fake_host host;
  std::vector<int> log;
  hand_poll race(select(never(log, 0), never(log, 1), never(log, 2)));
  std::set<int> starts;
  for (int i = 0; i < 50; ++i) {
    log.clear();
    CHECK(race.poll().is_pending());
    starts.insert(log[0]);
    CHECK(log[1] == (log[0] + 1) % 3);
    CHECK(log[2] == (log[0] + 2) % 3);
  }
  CHECK(starts.size() == 3);
}

TEST_CASE("[MC-07] the same seed gives the same order") {
  auto run = [] {
    fake_host host(7);
    std::vector<int> log;
    for (int i = 0; i < 20; ++i) {
      hand_poll race(select(never(log, 0), never(log, 1), never(log, 2)));
      CHECK(race.poll().is_pending());
    }
    return log;
  };
  CHECK(run() == run());
}

TEST_CASE("[MC-08] select without budget polls nothing and is polled again") {
  fake_host host;
  std::vector<int> log;
  hand_poll race(select(biased, never(log, 1), give(2)));
  CHECK(race.poll_with_budget(0).is_pending());
  CHECK(log.empty());
  CHECK(race.is_woken());
  CHECK(race.poll_with_budget(1).is_ready());
}

TEST_CASE("[MC-09] a branch given by reference survives the select that it loses") {
  fake_host host;
  gate slow;
  std::vector<std::string> log;
  auto outer = [&]() -> task<> {
    auto kept = wait_with(slow, tracer(log, "kept"));
    for (int i = 0; i < 3; ++i) CHECK((co_await select(biased, kept, nothing())).index() == 1);
    CHECK(log.empty());
    slow.open();
    CHECK((co_await select(biased, kept, nothing())).index() == 0);
  };
  block_on(outer());
}

TEST_CASE("[B-118] an exception of a branch leaves the select") {
  fake_host host;
  gate slow;
  auto fail = []() -> task<int> {
    throw std::runtime_error("x");
    co_return 1;
  };
  CHECK_THROWS_AS(block_on(select(biased, slow.wait(), fail())), std::runtime_error);
}

TEST_CASE("[MC-10] join waits for all and gives a tuple") {
  fake_host host;
  gate a, b;
  hand_poll both(join(a.wait(), nothing(), b.wait()));
  CHECK(both.poll().is_pending());
  b.open(2);
  CHECK(both.poll().is_pending());
  a.open(1);
  auto done = both.poll();
  REQUIRE(done.is_ready());
  CHECK(done.value() == std::tuple(1, tokio::unit{}, 2));
}

TEST_CASE("[MC-10] join of nothing is ready") {
  fake_host host;
  CHECK(block_on(join()) == std::tuple<>());
}

TEST_CASE("[MC-10] a finished branch of join is destroyed and never polled again") {
  fake_host host;
  gate slow, fast;
  std::vector<std::string> log;
  hand_poll both(join(wait_with(fast, tracer(log, "fast")), slow.wait()));
  fast.open();
  CHECK(both.poll().is_pending());
  CHECK(log == std::vector<std::string>{"fast"});
  CHECK(both.poll().is_pending());
  CHECK(fast.polls == 1);
}

TEST_CASE("[MC-10] each poll of join starts at the next branch, biased at the first") {
  fake_host host;
  std::vector<int> log;
  hand_poll fair(join(never(log, 0), never(log, 1), never(log, 2)));
  for (int i = 0; i < 4; ++i) CHECK(fair.poll().is_pending());
  CHECK(log == std::vector<int>{0, 1, 2, 1, 2, 0, 2, 0, 1, 0, 1, 2});
  log.clear();
  hand_poll fixed(join(biased, never(log, 0), never(log, 1)));
  for (int i = 0; i < 2; ++i) CHECK(fixed.poll().is_pending());
  CHECK(log == std::vector<int>{0, 1, 0, 1});
}

TEST_CASE("[B-119] a branch that uses up the budget does not starve its sibling") {
  fake_host host;
  int greedy_turns = 0, modest_turns = 0;
  auto greedy = [&]() -> task<> {
    for (int i = 0; i < 1000; ++i) {
      co_await tokio::consume_budget();
      ++greedy_turns;
    }
  };
  auto modest = [&]() -> task<> {
    for (int i = 0; i < 5; ++i) {
      co_await tokio::consume_budget();
      ++modest_turns;
    }
  };
  hand_poll both(join(greedy(), modest()));
  CHECK(both.poll().is_pending());
  CHECK(modest_turns == 0);
  CHECK(both.poll().is_pending());
  CHECK(modest_turns == 5);
  CHECK(greedy_turns < 1000);
}

TEST_CASE("[MC-10] try_join gives all values, or stops at the first error and destroys the rest") {
  fake_host host;
  gate a, b;
  {
    hand_poll both(tokio::try_join(answer(a, 1), answer(b, 2)));
    CHECK(both.poll().is_pending());
    a.open();
    b.open();
    auto done = both.poll();
    REQUIRE(done.is_ready());
    CHECK(done.value() == std::tuple(1, 2));
  }
  gate slow, quick;
  std::vector<std::string> log;
  auto traced = [](gate& at, tracer) -> task<refusal> {
    co_await at.wait();
    co_return 1;
  };
  hand_poll failing(tokio::try_join(traced(slow, tracer(log, "rest")), answer(quick, std::unexpected("no"))));
  CHECK(failing.poll().is_pending());
  quick.open();
  auto done = failing.poll();
  REQUIRE(done.is_ready());
  CHECK(done.value().error() == "no");
  CHECK(log == std::vector<std::string>{"rest"});
}

TEST_CASE("join and select nest, and a poll visits only what is left") {
  fake_host host;
  gate a, b, c;
  hand_poll nested(select(join(a.wait(), b.wait()), c.wait()));
  CHECK(nested.poll().is_pending());
  a.open();
  CHECK(nested.poll().is_pending());
  CHECK(nested.poll().is_pending());
  CHECK(a.polls == 2);
  b.open();
  auto done = nested.poll();
  REQUIRE(done.is_ready());
  CHECK(done.value().index() == 0);
}
