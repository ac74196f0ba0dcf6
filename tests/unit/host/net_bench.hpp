// A host with its tables of sockets and descriptors, and tasks around a lambda, for the tests of those tables.
// Threads: the test's; a lambda is run by a worker.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <utility>

#include "support/in_process_host.hpp"

namespace tokiod::test {

inline const tokio_host* const host = in_process_host::table();

struct bench {
  in_process_host in;
  const tokio_net_ext* net = in.extension<tokio_net_ext>(TOKIO_EXT_NET);
  const tokio_fd_ext* fd = in.extension<tokio_fd_ext>(TOKIO_EXT_FD);
};

// A task around a lambda: polls it until it says it is done.
struct lambda_task {
  std::function<bool(tokio_cx*)> step;
  std::atomic<bool> done{false};
};
inline tokio_poll poll_lambda(void* body, tokio_cx* cx) noexcept {
  auto* task = *static_cast<lambda_task**>(body);
  if (!task->step(cx)) return TOKIO_POLL_PENDING;
  task->done.store(true);
  return TOKIO_POLL_READY;
}
inline void nothing(void*) noexcept {}
inline constexpr tokio_task_vt lambda_kind = {sizeof(tokio_task_vt), 0, poll_lambda, nothing, {"lambda", 6},
                                              {nullptr, 0},          0, 0,           nullptr, nullptr};

inline void spawn(in_process_host& in, lambda_task& task) {
  tokio_task* made = nullptr;
  REQUIRE(host->task_alloc(in.plugin(), sizeof(void*), alignof(void*), &made) == TOKIO_OK);
  *static_cast<lambda_task**>(tokio_task_body(host, made)) = &task;
  REQUIRE(host->task_spawn(made, &lambda_kind, 0, nullptr) == TOKIO_OK);
}
inline void run(in_process_host& in, std::function<bool(tokio_cx*)> step) {
  lambda_task task{std::move(step)};
  spawn(in, task);
  CHECK(in.run_until([&] { return task.done.load(); }));
}

}  // namespace tokiod::test
