// The slot for the task that was woken last, on one worker: how many of its tasks are polled in a row, and what they
// share.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "tasks.hpp"

using namespace tokiod;
using namespace tokiod::test;
using task::poll_result;

namespace {

constexpr std::int32_t full = task::coop_budget::full;

// Polls in their order, each with the budget that it began with. Only the one worker writes; the test reads at the end.
struct poll_log {
  explicit poll_log(int polls) : left(polls) {}
  std::vector<std::string> names;
  std::vector<std::int32_t> budgets;
  std::atomic<int> left;
};

// Each task spends a part of its budget, and leaves the next one in the slot.
void spawn_chain(bench_runtime& rt, poll_log& log, int length, std::int32_t cost) {
  (void)rt.spawn(
      [&, length, cost](task::key, task::context& cx) {
        log.names.emplace_back("slot");
        log.budgets.push_back(*cx.budget->raw());
        *cx.budget->raw() -= cost;
        if (length > 1) spawn_chain(rt, log, length - 1, cost);
        --log.left;
        return poll_result::ready;
      },
      {}, true);
}

// One poll puts `queued` tasks into the queue and the first of a chain into the slot.
void run(poll_log& log, int queued, int chain, std::int32_t cost) {
  runtime_options one_worker = bench_runtime::with_workers(1);
  one_worker.stuck_after = 0;  // whoever is slow here keeps its core
  bench_runtime rt(one_worker);
  rt.spawn_once([&] {
    for (int i = 0; i < queued; ++i)
      (void)rt.spawn([&](task::key, task::context& cx) {
        log.names.emplace_back("queue");
        log.budgets.push_back(*cx.budget->raw());
        --log.left;
        return poll_result::ready;
      });
    spawn_chain(rt, log, chain, cost);
  });
  CHECK(eventually([&] { return log.left == 0; }));
  rt.end();
}

using names = std::vector<std::string>;
using budgets = std::vector<std::int32_t>;

}  // namespace

TEST_CASE("[SC-03] three tasks of the slot are polled in a row, and then one of the queue") {
  poll_log log(9);
  run(log, 2, 7, 0);
  CHECK(log.names == names{"slot", "slot", "slot", "queue", "slot", "slot", "slot", "queue", "slot"});
}

TEST_CASE("[SC-03] tasks that follow each other through the slot share the budget of one poll") {
  poll_log log(6);
  run(log, 2, 4, 10);
  CHECK(log.names == names{"slot", "slot", "slot", "queue", "slot", "queue"});
  CHECK(log.budgets == budgets{full, full - 10, full - 20, full, full, full});
}

TEST_CASE("[SC-03] when the shared budget is spent the slot comes after the queue") {
  poll_log log(5);
  run(log, 2, 3, full);
  CHECK(log.names == names{"slot", "queue", "slot", "queue", "slot"});
  CHECK(log.budgets == budgets{full, full, full, full, full});
}
