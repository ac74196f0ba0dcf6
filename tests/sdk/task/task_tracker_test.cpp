// task_tracker, row JS-13.
#include "tokio/task/task_tracker.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>

#include "sdk/task/probe.hpp"

using sdk_test::after;
using sdk_test::gate;
using sdk_test::give;
using sdk_test::tracer;
using tokio::task;
using tokio::task_tracker;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;

TEST_CASE("[JS-13] wait is ready once the tracker is closed and empty, in either order") {
  fake_host host;
  task_tracker tracker;
  hand_poll waits(tracker.wait());
  CHECK(waits.poll().is_pending());
  CHECK(tracker.close());
  CHECK(waits.is_woken());
  CHECK(waits.poll().is_ready());
  CHECK(hand_poll(tracker.wait()).poll().is_ready());
  task_tracker busy;
  std::optional token(busy.token());
  hand_poll first(busy.wait()), second(busy.wait());
  CHECK(first.poll().is_pending());
  CHECK(second.poll().is_pending());
  CHECK(busy.close());
  CHECK_FALSE(first.is_woken());
  token.reset();
  CHECK(first.is_woken());
  CHECK(first.poll().is_ready());
  CHECK(second.poll().is_ready());
}

TEST_CASE("[JS-13] close and reopen say whether they changed anything, and an open tracker wakes nobody") {
  fake_host host;
  task_tracker tracker;
  CHECK_FALSE(tracker.is_closed());
  CHECK_FALSE(tracker.reopen());
  CHECK(tracker.close());
  CHECK_FALSE(tracker.close());
  CHECK(tracker.is_closed());
  CHECK(tracker.reopen());
  hand_poll waits(tracker.wait());
  CHECK(waits.poll().is_pending());
  {
    auto token = tracker.token();
  }
  CHECK_FALSE(waits.is_woken());
}

TEST_CASE("[JS-13] tokens count one by one, copies and moves included") {
  task_tracker tracker;
  CHECK(tracker.is_empty());
  std::optional one(tracker.token());
  auto two = *one;
  auto moved = std::move(two);
  CHECK(tracker.len() == 2);
  one.reset();
  CHECK(tracker.len() == 1);
  moved = tracker.token();
  CHECK(tracker.len() == 1);
  const auto same = tracker;
  CHECK(same == tracker);
  CHECK_FALSE(same == task_tracker());
  CHECK(same.len() == 1);
}

TEST_CASE("[JS-13] [B-060] a wait that was made is ready once the instant has been, whatever came after it") {
  fake_host host;
  task_tracker tracker;
  std::optional token(tracker.token());
  hand_poll unpolled(tracker.wait()), polled(tracker.wait());
  CHECK(polled.poll().is_pending());
  tracker.close();
  token.reset();
  tracker.reopen();
  token.emplace(tracker.token());
  hand_poll later(tracker.wait());
  CHECK(unpolled.poll().is_ready());
  CHECK(polled.poll().is_ready());
  CHECK(later.poll().is_pending());
  tracker.close();
  CHECK(later.poll().is_pending());
}

TEST_CASE("[JS-13] a closed tracker still takes tasks, and waits for them") {
  fake_host host;
  gate at;
  task_tracker tracker;
  tracker.close();
  auto handle = tracker.spawn<"tracked">(after(at));
  CHECK(host.task_names().front() == "tracked");
  CHECK(tracker.len() == 1);
  hand_poll waits(tracker.wait());
  CHECK(waits.poll().is_pending());
  at.open(3);
  CHECK(block_on(handle) == 3);
  CHECK(waits.is_woken());
  CHECK(waits.poll().is_ready());
}

TEST_CASE("[JS-13] a task leaves when its future is destroyed: its destructors have run, its value need not be taken") {
  fake_host host;
  std::vector<std::string> log;
  task_tracker tracker;
  tracker.close();
  auto waits = [&]() -> task<> {
    co_await tracker.wait();
    log.push_back("waited");
  };
  auto kept = tracker.spawn([](tracer) -> task<int> { co_return 1; }, tracer(log, "parameter"));
  auto aborted = tracker.spawn(
      [](tracer) -> task<> {
        co_await tokio::poll_fn([](tokio::context&) -> tokio::poll<int> { return tokio::pending; });
      },
      tracer(log, "aborted"));
  auto waiting = tokio::spawn(waits());
  host.run_until_stalled();
  CHECK(log == std::vector<std::string>{"parameter"});
  CHECK(tracker.len() == 1);
  aborted.abort();
  host.run_until_stalled();
  CHECK(log == std::vector<std::string>{"parameter", "aborted", "waited"});
  CHECK(block_on(kept) == 1);
}

TEST_CASE("[JS-13] blocking jobs and futures that are not tasks are counted, too") {
  fake_host host;
  host.hold_jobs = true;
  task_tracker tracker;
  auto job = tracker.spawn_blocking([] { return 1; });
  CHECK(tracker.len() == 1);
  host.hold_jobs = false;
  CHECK(block_on(job) == 1);
  CHECK(tracker.is_empty());
  {
    auto tracked = tracker.track_future(give(2));
    CHECK(tracker.len() == 1);
    CHECK(block_on(tracked) == 2);
    CHECK(tracker.len() == 1);
  }
  CHECK(tracker.is_empty());
}

TEST_CASE("[JS-13] what the host refuses is counted no more when spawn returns") {
  fake_host host;
  task_tracker tracker;
  host.refuse_spawn = true;
  CHECK(tracker.spawn(give(1)).is_finished());
  host.refuse_spawn = false;
  host.closed = true;
  CHECK(tracker.spawn_blocking([] {}).is_finished());
  CHECK(tracker.is_empty());
  host.closed = false;
}

TEST_CASE("[JS-13] a wait costs a unit of budget when it is ready, and its tracker may be gone") {
  fake_host host;
  std::optional<task_tracker> tracker(std::in_place);
  hand_poll waits(tracker->wait());
  std::optional token(tracker->token());
  CHECK(waits.poll_with_budget(2).is_pending());
  CHECK(waits.budget_left() == 2);
  tracker->close();
  tracker.reset();
  token.reset();
  CHECK(waits.poll_with_budget(0).is_pending());
  CHECK(waits.poll_with_budget(2).is_ready());
  CHECK(waits.budget_left() == 1);
}
