// Names of tasks, spawns that say why the host refused them, and what a join error can become.
#include "tokio/task/blocking.hpp"

#include <doctest/doctest.h>

#include "sdk/task/probe.hpp"

using sdk_test::give;
using tokio::task;
using tokio::test::block_on;
using tokio::test::fake_host;

namespace {

using names = std::vector<std::string>;

}  // namespace

TEST_CASE("[TK-15] a task has the name it was spawned with, whatever it was made of") {
  fake_host host;
  host.hold_jobs = true;
  auto framed = tokio::spawn<"framed">(give(1));
  auto called = tokio::spawn<"called">([](int value) -> task<int> { co_return value; }, 2);
  auto nameless = tokio::spawn(give(3));
  auto asked = tokio::try_spawn<"asked">(give(4));
  tokio::spawn_detached<"alone">(give(5));
  auto job = tokio::spawn_blocking<"job">([] { return 6; });
  auto plain_job = tokio::spawn_blocking([] {});
  CHECK(host.task_names() == names{"framed", "called", "", "asked", "alone", "job", "blocking"});
  REQUIRE(host.jobs.size() == 2);
  CHECK(std::string_view(host.jobs.front()->desc.name.ptr, host.jobs.front()->desc.name.len) == "job");
  host.hold_jobs = false;
  CHECK(block_on(job) == 6);
  CHECK(block_on(std::move(*asked)) == 4);
}

TEST_CASE("[TK-15] try_spawn says why there is no task, and what it was given is destroyed") {
  fake_host host;
  auto tracked = std::make_shared<int>(1);
  host.refuse_spawn = true;
  auto refused = tokio::try_spawn([](std::shared_ptr<int>) -> task<> { co_return; }, tracked);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind() == tokio::error_kind::shutdown);
  CHECK(tracked.use_count() == 1);
  host.refuse_spawn = false;
  host.fail_alloc_after = 0;
  refused = tokio::try_spawn([](std::shared_ptr<int>) -> task<> { co_return; }, tracked);
  CHECK(refused.error().kind() == tokio::error_kind::out_of_memory);
  CHECK(tracked.use_count() == 1);
}

TEST_CASE("[TK-15] [TK-17] try_spawn_blocking says why there is no job, and the closure is destroyed unrun") {
  fake_host host;
  auto tracked = std::make_shared<int>(1);
  bool ran = false;
  host.closed = true;
  auto refused = tokio::try_spawn_blocking([tracked, &ran] { ran = true; });
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind() == tokio::error_kind::shutdown);
  CHECK(tracked.use_count() == 1);
  host.closed = false;
  host.fail_alloc_after = 0;  // the job is taken, and there is no memory for the task that waits for it
  refused = tokio::try_spawn_blocking([tracked, &ran] { ran = true; });
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind() == tokio::error_kind::out_of_memory);
  CHECK(tracked.use_count() == 1);
  CHECK_FALSE(ran);
}

TEST_CASE(
    "[TK-10] [B-007] a join error becomes an error of the SDK, which is no shutdown, and gives its payload if it has "
    "one") {
  fake_host host;
  auto cancelled = tokio::spawn([]() -> task<int> { co_return 1; });
  cancelled.abort();
  auto why = block_on(cancelled).error();
  const tokio::error plain = why;
  CHECK(plain.kind() == tokio::error_kind::other);
  CHECK(plain.message() == "a task was cancelled");
  CHECK(std::move(why).try_into_panic().error().is_cancelled());
  auto panicked = block_on(tokio::spawn([]() -> task<int> {
                    throw 5;
                    co_return 1;
                  })).error();
  CHECK(tokio::error(panicked).kind() == tokio::error_kind::other);
  CHECK(tokio::error(panicked).message() == "a task panicked");
  CHECK_THROWS_AS(std::rethrow_exception(std::move(panicked).try_into_panic().value()), int);
}
