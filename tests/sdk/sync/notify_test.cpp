// tokio::sync::notify, rows SN-01 to SN-06.
#include "tokio/test/hand_poll.hpp"

#include <doctest/doctest.h>

#include <memory>

#include "tokio/sync/notify.hpp"

namespace {

using namespace tokio;
using namespace tokio::sync;
using test::hand_poll;

// A notify and two who wait for it, the first one longer.
struct two_in_line {
  two_in_line() {
    CHECK(first.poll().is_pending());
    CHECK(second.poll().is_pending());
  }

  test::fake_host fake;
  notify bell;
  hand_poll<decltype(bell.notified())> first{bell.notified()};
  hand_poll<decltype(bell.notified())> second{bell.notified()};
};

}  // namespace

TEST_CASE("[SN-01] notify_one wakes the oldest waiter") {
  two_in_line line;
  line.bell.notify_one();
  CHECK(line.first.is_woken());
  CHECK_FALSE(line.second.is_woken());
  CHECK(line.first.poll().is_ready());
  CHECK(line.second.poll().is_pending());
}

TEST_CASE("[SN-01] a notify_one that finds nobody is kept once") {
  test::fake_host fake;
  notify bell;
  bell.notify_one();
  bell.notify_one();
  hand_poll first(bell.notified());
  hand_poll second(bell.notified());
  CHECK(first.poll().is_ready());
  CHECK(second.poll().is_pending());
}

TEST_CASE("[SN-02] notify_last wakes the newest waiter") {
  two_in_line line;
  line.bell.notify_last();
  CHECK_FALSE(line.first.is_woken());
  CHECK(line.second.is_woken());
}

TEST_CASE("[SN-03] notify_waiters makes all earlier futures ready, polled or not, and later ones wait") {
  test::fake_host fake;
  notify bell;
  hand_poll polled(bell.notified());
  hand_poll not_polled(bell.notified());
  CHECK(polled.poll().is_pending());
  bell.notify_waiters();
  hand_poll later(bell.notified());
  CHECK(polled.is_woken());
  CHECK(polled.poll().is_ready());
  CHECK(not_polled.poll().is_ready());
  CHECK(later.poll().is_pending());
}

TEST_CASE("[SN-03] notify_waiters keeps nothing and leaves a kept notification alone") {
  test::fake_host fake;
  notify bell;
  bell.notify_waiters();
  hand_poll waiting(bell.notified());
  CHECK(waiting.poll().is_pending());
  waiting.drop();

  bell.notify_one();
  bell.notify_waiters();
  hand_poll kept(bell.notified());
  CHECK(kept.poll().is_ready());
}

TEST_CASE("[SN-04] a notification that its waiter never saw goes to the next one") {
  two_in_line line;
  line.bell.notify_one();
  CHECK_FALSE(line.second.is_woken());
  line.first.drop();
  CHECK(line.second.is_woken());
  CHECK(line.second.poll().is_ready());
}

TEST_CASE("[SN-04] a forwarded notification keeps its direction") {
  two_in_line line;
  hand_poll third(line.bell.notified());
  CHECK(third.poll().is_pending());
  line.bell.notify_last();
  third.drop();
  CHECK(line.second.is_woken());
  CHECK_FALSE(line.first.is_woken());
}

TEST_CASE("[SN-04] a forwarded notification is kept when nobody else waits; one from notify_waiters is not forwarded") {
  test::fake_host fake;
  notify bell;
  hand_poll first(bell.notified());
  CHECK(first.poll().is_pending());
  bell.notify_one();
  first.drop();
  hand_poll second(bell.notified());
  CHECK(second.poll().is_ready());

  hand_poll third(bell.notified());
  CHECK(third.poll().is_pending());
  bell.notify_waiters();
  third.drop();
  hand_poll fourth(bell.notified());
  CHECK(fourth.poll().is_pending());
}

TEST_CASE("[SN-04] cancelling an unnotified waiter leaves the others in line") {
  two_in_line line;
  line.first.drop();
  CHECK_FALSE(line.second.is_woken());
  line.bell.notify_one();
  CHECK(line.second.is_woken());
}

TEST_CASE("[SN-04] a ready future stays ready") {
  test::fake_host fake;
  notify bell;
  bell.notify_one();
  hand_poll waiting(bell.notified());
  CHECK(waiting.poll().is_ready());
  CHECK(waiting.poll().is_ready());
}

TEST_CASE("[SN-04] notified_owned keeps the notify alive") {
  test::fake_host fake;
  auto bell = std::make_shared<notify>();
  hand_poll waiting(notify::notified_owned(bell));
  CHECK(waiting.poll().is_pending());
  auto* raw = bell.get();
  bell.reset();
  raw->notify_one();
  CHECK(waiting.poll().is_ready());
}

TEST_CASE("[SN-05] enable() stands in line without a poll, and takes a kept notification") {
  test::fake_host fake;
  notify bell;
  auto early = bell.notified();
  CHECK_FALSE(early.enable());
  bell.notify_one();
  CHECK(early.enable());

  bell.notify_one();
  auto kept = bell.notified();
  CHECK(kept.enable());
  hand_poll none(bell.notified());
  CHECK(none.poll().is_pending());
}

TEST_CASE("[SN-05] an enabled future keeps its place when it is polled later") {
  test::fake_host fake;
  notify bell;
  hand_poll first(bell.notified());
  hand_poll second(bell.notified());
  CHECK_FALSE(first.future().enable());
  CHECK(second.poll().is_pending());
  CHECK(first.poll().is_pending());
  bell.notify_one();
  CHECK(first.is_woken());
  CHECK_FALSE(second.is_woken());
}

TEST_CASE("[SN-06] a notification wakes the task that polled last") {
  test::fake_host fake;
  notify bell;
  auto shared = bell.notified();
  hand_poll first(by_ref(shared));
  hand_poll second(by_ref(shared));
  CHECK(first.poll().is_pending());
  CHECK(second.poll().is_pending());
  bell.notify_one();
  CHECK_FALSE(first.is_woken());
  CHECK(second.is_woken());
}

TEST_CASE("[TK-21] notified() spends a unit of budget when it is ready and none while it waits") {
  test::fake_host fake;
  notify bell;
  hand_poll waiting(bell.notified());
  CHECK(waiting.poll_with_budget(2).is_pending());
  CHECK(waiting.budget_left() == 2);
  bell.notify_one();
  CHECK(waiting.poll_with_budget(0).is_pending());
  CHECK(waiting.poll_with_budget(2).is_ready());
  CHECK(waiting.budget_left() == 1);
}
