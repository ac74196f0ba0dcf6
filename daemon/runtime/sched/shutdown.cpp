#include "runtime/sched/shutdown.hpp"

#include "runtime/sched/thread.hpp"
#include "runtime/task/handles.hpp"
#include "runtime/task/poll.hpp"
#include "runtime/task/registry.hpp"

namespace tokiod::sched {
namespace {

void close_every_owner(engine& all) {
  all.for_each_owner([&](owner& of) { all.close_owner(of); });
}

std::uint64_t live_tasks(const engine& all) {
  std::uint64_t live = 0;
  all.for_each_owner([&](const owner& of) { live += all.totals(of).tasks.live(); });
  return live;
}

// Asked again each round: a task that was between two words when we walked past is met the next time.
bool end_every_task(engine& all, const stop_hooks& hooks, const moving_deadline& deadline) {
  for (;;) {
    all.for_each_owner([](owner& of) { task::cancel_all(of.heap(), task::cancel_kind::force); });
    hooks.let_workers_run();
    if (live_tasks(all) == 0) return true;
    if (deadline.passed()) return false;
  }
}

void end_tasks(engine& all, task_chain tasks) {
  for (task::header* task = tasks.first; task != nullptr;) {
    task::header* const rest = task->next.get();
    task::end_cancelled(*task, static_cast<task::scheduler&>(all));
    task = rest;
  }
}

// Ending a task may wake another one, which then stands in an injector: hence the second loop around all.
void empty_queues(engine& all) {
  do {
    for (auto& one : all.cores) end_tasks(all, one->drain());
    for (auto& one : all.shards) end_tasks(all, one->injector.pop(UINT32_MAX));
  } while (all.work_visible());
}

}  // namespace

void stop_drivers(engine& all) {
  const host_entry inside;  // on a thread of another runtime its core must stay this thread's while it is given tasks
  all.drivers_gone.store(true, release);  // before: whoever finds one closed sees it
  const auto wake = [](task::key waiter) { task::wake(waiter); };
  for (auto& one : all.shards) {
    one->reactor->stop(wake);
    one->timers.close(wake);
  }
}

bool stop(engine& all, const stop_hooks& hooks, const moving_deadline& deadline) {
  close_every_owner(all);                                   // 1
  const bool ended = end_every_task(all, hooks, deadline);  // 2
  stop_drivers(all);                                        // 3
  const bool returned = hooks.stop_blocking(deadline);      // 4
  const bool left = hooks.leave(deadline);                  // 5
  if (left) empty_queues(all);                              // 6
  return ended && returned && left;
}

}  // namespace tokiod::sched
