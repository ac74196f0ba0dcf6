// What timers tell of themselves, and of what waits for them, while somebody listens: rows OB-03, OB-04.
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tokio/test.hpp"
#include "tokio/time.hpp"

namespace {

using namespace tokio;
using namespace std::chrono_literals;
using test::hand_poll;
using lines = std::vector<std::string>;

lines heard() { return std::exchange(test::fake_trace::told, {}); }

// Somebody listens; ids begin with 1.
struct listener {
  listener() {
    (void)heard();
    test::fake_trace::last_id = 0;
    test::fake_trace::listening = 1;
  }
  listener(const listener&) = delete;
  ~listener() { test::fake_trace::listening = 0; }
};

}  // namespace

TEST_CASE("[OB-03] [OB-04] a sleep from its birth to its end, with how long it is; it may be moved and reset") {
  test::fake_host fake;
  const listener to;
  {
    auto made = time::sleep(20ms);
    hand_poll sleeps(std::move(made));
    CHECK(heard() == lines{"1 new Sleep", "1 duration = 20ms"});
    CHECK(sleeps.poll().is_pending());
    CHECK(heard() == lines{"2 Sleep::new_timeout waits for 1", "2 pending"});
    sleeps.future().reset(time::instant::now() + 50ms);
    CHECK(heard() == lines{"1 duration = 50ms"});
    fake.advance_ns(50'000'000);
    CHECK(sleeps.poll().is_ready());
    CHECK(heard() == lines{"2 ready", "2 over"});
  }
  CHECK(heard() == lines{"1 gone"});
}

TEST_CASE("[OB-03] [OB-04] the timer of an interval is a part of it, and so is the wait for it of that for a tick") {
  test::fake_host fake;
  const listener to;
  {
    time::interval ticks(time::instant::now() + 10ms, 10ms);
    CHECK(heard() == lines{"1 new Interval", "2 new internal Sleep of 1", "2 duration = 10ms"});
    hand_poll first(ticks.tick());
    CHECK(first.poll().is_pending());
    CHECK(heard() ==
          lines{"3 Interval::tick waits for 1", "4 Sleep::new_timeout waits for 2 of 3", "4 pending", "3 pending"});
    fake.advance_ns(10'000'000);
    CHECK(first.poll().is_ready());
    CHECK(heard() == lines{"4 ready", "4 over", "3 ready", "3 over", "2 duration = 10ms"});
  }
  CHECK(heard() == lines{"2 gone", "1 gone"});
}

TEST_CASE("[OB-04] the wait for a tick ends with a tick() that is dropped, wherever that was moved before") {
  test::fake_host fake;
  time::interval ticks(time::instant::now() + 10ms, 10ms);
  const listener to;
  {
    auto tick = ticks.tick();
    auto polled = hand_poll(std::move(tick));
    CHECK(polled.poll().is_pending());
    CHECK(heard() == lines{"1 met Interval", "2 Interval::tick waits for 1", "3 met internal Sleep",
                           "4 Sleep::new_timeout waits for 3 of 2", "4 pending", "2 pending"});
  }
  CHECK(heard() == lines{"2 over"});
  hand_poll next(ticks.tick());
  CHECK(next.poll().is_pending());
  CHECK(heard() == lines{"5 Interval::tick waits for 1", "4 pending", "5 pending"});
}

TEST_CASE("[OB-04] a sleep that was told of to who has gone is told of again to who listens next") {
  test::fake_host fake;
  hand_poll sleeps(time::sleep(20ms));
  {
    const listener to;
    CHECK(sleeps.poll().is_pending());
  }
  sleeps.future().reset(time::instant::now() + 30ms);
  fake.advance_ns(30'000'000);
  CHECK(sleeps.poll().is_ready());
  sleeps.future().reset(time::instant::now() + 30ms);
  const listener again;
  CHECK(sleeps.poll().is_pending());
  CHECK(heard() == lines{"2 over", "1 met Sleep", "2 Sleep::new_timeout waits for 1", "2 pending"});
}

TEST_CASE("[OB-03] nobody listens: a sleep tells nothing, and is met when it is waited for and somebody does") {
  test::fake_host fake;
  (void)heard();
  hand_poll sleeps(time::sleep(20ms));
  CHECK(sleeps.poll().is_pending());
  CHECK(heard().empty());
  {
    const listener to;
    CHECK(sleeps.poll().is_pending());
    CHECK(heard() == lines{"1 met Sleep", "2 Sleep::new_timeout waits for 1", "2 pending"});
  }
  sleeps.drop();
  CHECK(heard() == lines{"2 over", "1 gone"});
}
