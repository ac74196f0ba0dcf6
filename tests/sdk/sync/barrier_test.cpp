// tokio::sync::barrier, row SN-07.
#include "tokio/sync/barrier.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <vector>

#include "tokio/task.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using namespace tokio::sync;
using test::hand_poll;

}  // namespace

TEST_CASE("[SN-07] those who meet wait for the last one, who leads, and all go on") {
  test::fake_host fake;
  barrier meet(3);
  hand_poll one(meet.wait()), two(meet.wait()), three(meet.wait());
  CHECK(one.poll().is_pending());
  CHECK(two.poll().is_pending());
  CHECK(one.poll().is_pending());  // a second poll is no second arrival
  CHECK_FALSE(one.is_woken());
  auto last = three.poll();
  REQUIRE(last.is_ready());
  CHECK(last.value().is_leader());
  CHECK(one.is_woken());
  CHECK(two.is_woken());
  CHECK_FALSE(one.poll().value().is_leader());
  CHECK_FALSE(two.poll().value().is_leader());
}

TEST_CASE("[SN-07] a barrier of none or of one holds nobody up") {
  test::fake_host fake;
  for (const std::size_t n : {0U, 1U}) {
    barrier alone(n);
    for (int round = 0; round < 3; ++round) {
      hand_poll arrives(alone.wait());
      auto met = arrives.poll();
      REQUIRE(met.is_ready());
      CHECK(met.value().is_leader());
    }
  }
}

TEST_CASE("[SN-07] a round does not take those of the next one in") {
  test::fake_host fake;
  barrier meet(2);
  hand_poll slow(meet.wait());
  CHECK(slow.poll().is_pending());
  hand_poll leads(meet.wait());
  CHECK(leads.poll().is_ready());
  hand_poll next(meet.wait());  // before the slow one has seen that it met
  CHECK(next.poll().is_pending());
  CHECK(slow.poll().is_ready());
  hand_poll last(meet.wait());
  CHECK(last.poll().value().is_leader());
  CHECK_FALSE(next.poll().value().is_leader());
}

TEST_CASE("[SN-07] a wait that was dropped after it arrived still counts, one that was not polled does not") {
  test::fake_host fake;
  barrier meet(2);
  {
    hand_poll unpolled(meet.wait());
    hand_poll arrived(meet.wait());
    CHECK(arrived.poll().is_pending());
  }
  hand_poll last(meet.wait());
  CHECK(last.poll().value().is_leader());
  hand_poll next(meet.wait());
  CHECK(next.poll().is_pending());
}

TEST_CASE("[SN-07] a wait without budget has not arrived, and meeting costs one unit") {
  test::fake_host fake;
  barrier meet(2);
  hand_poll one(meet.wait()), two(meet.wait());
  CHECK(one.poll_with_budget(0).is_pending());
  CHECK(two.poll_with_budget(3).is_pending());
  CHECK(two.budget_left() == 3);
  CHECK(one.poll_with_budget(3).is_ready());
  CHECK(one.budget_left() == 2);
}

TEST_CASE("[SN-07] a hundred tasks meet ten times, with one leader each time") {
  test::fake_host fake(11);
  constexpr int parties = 100, rounds = 10;
  barrier meet(parties);
  std::vector<int> leaders(rounds, 0);
  for (int i = 0; i < parties; ++i)
    spawn(
        [](barrier& at, std::vector<int>& led) -> task<> {
          for (auto& count : led)
            if ((co_await at.wait()).is_leader()) ++count;
        },
        std::ref(meet), std::ref(leaders))
        .detach();
  fake.run_until_idle();
  CHECK(leaders == std::vector<int>(rounds, 1));
  CHECK(fake.live_tasks() == 0);
}
