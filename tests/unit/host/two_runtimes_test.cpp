// Two runtimes in one process: what a thread of one does for an instance of the other is nobody's core there.
#include <doctest/doctest.h>

#include <atomic>

#include "host/plugin.hpp"
#include "support/in_process_host.hpp"

using tokiod::test::in_process_host;

namespace {

const tokio_host* const host = in_process_host::table();

// Where a task counts for its own instance and for one of another runtime.
struct lines {
  const tokio_plugin* own = nullptr;
  const tokio_plugin* other = nullptr;
  std::int32_t of_own = -2, of_other = -2;
  std::atomic<bool> seen{false};
};

tokio_poll look(void* body, tokio_cx*) noexcept {
  lines& all = **static_cast<lines**>(body);
  const tokiod::sched::host_entry inside;
  all.of_own = all.own->current_core();
  all.of_other = all.other->current_core();
  all.seen.store(true);
  return TOKIO_POLL_READY;
}
void nothing_to_destroy(void*) noexcept {}

constexpr tokio_task_vt look_task = {
    sizeof(tokio_task_vt), 0, look, nothing_to_destroy, {"look", 4}, {nullptr, 0}, 0, 0, nullptr, nullptr};

}  // namespace

TEST_CASE("a thread writes the line of a core only in the ledger of the runtime that the core belongs to") {
  in_process_host one, another;
  lines all{.own = one.plugin(), .other = another.plugin(), .of_own = -2, .of_other = -2, .seen = {}};
  tokio_task* task = nullptr;
  REQUIRE(host->task_alloc(one.plugin(), sizeof(lines*), alignof(lines*), &task) == TOKIO_OK);
  *static_cast<lines**>(tokio_task_body(host, task)) = &all;
  REQUIRE(host->task_spawn(task, &look_task, 0, nullptr) == TOKIO_OK);
  one.run_until([&] { return all.seen.load(); });
  CHECK(all.of_own >= 0);
  CHECK(all.of_other == -1);
}
