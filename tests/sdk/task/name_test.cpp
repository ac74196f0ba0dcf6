// Names of tasks, and spawns that say why the host refused them.
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
