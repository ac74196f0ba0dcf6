// tokio.blocking/1: what becomes of the jobs of an instance that ends.
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "support/in_process_host.hpp"

using namespace tokiod::test;

namespace {

// A job that runs until it is let through.
struct job {
  std::atomic<bool> open{true}, entered{false}, dropped{false};
  std::atomic<int> ran{0};
};
std::int64_t run(void* user) noexcept {
  auto& self = *static_cast<job*>(user);
  self.entered = true;
  while (!self.open) std::this_thread::yield();
  self.ran += 1;
  return 0;
}
void drop(void* user) noexcept { static_cast<job*>(user)->dropped = true; }

}  // namespace

TEST_CASE("[TK-18] a job that was promised runs at the end of its instance, also when its handle was kept") {
  in_process_host in({.blocking_threads = 1});
  const auto* blocking = in.extension<tokio_blocking_ext>(TOKIO_EXT_BLOCKING);
  std::array<job, 4> jobs;
  const auto spawn = [&](job& which, std::uint32_t flags) {
    const tokio_job_desc desc = {.size = sizeof desc,
                                 .flags = flags,
                                 .user = &which,
                                 .run = run,
                                 .drop = drop,
                                 .name = {"job", 3},
                                 .made_at = {}};
    tokio_job* handle = nullptr;
    REQUIRE(blocking->spawn(in.plugin(), &desc, &handle) == TOKIO_OK);
  };
  auto& [blocker, before, promised, after] = jobs;
  blocker.open = false;
  spawn(blocker, 0);
  while (!blocker.entered) std::this_thread::yield();
  spawn(before, 0);
  spawn(promised, TOKIO_JOB_MANDATORY);
  spawn(after, 0);
  // Those around it are gone: it was passed by, whichever way the handles are walked.
  std::thread opens([&] {
    while (!before.dropped || !after.dropped) std::this_thread::yield();
    CHECK_FALSE(promised.dropped);
    blocker.open = true;
  });
  const auto left = in.stop(60'000);
  opens.join();
  CHECK(left.refused.empty());
  CHECK(left.leaked == std::vector<std::string>{"4 job_handles"});
  CHECK(promised.ran == 1);
  CHECK(promised.dropped);
  CHECK(before.ran == 0);
  CHECK(after.ran == 0);
}
