// The CPU time of an owner is limited: its quota gets a keeper, a task of the runtime that lives until the owner is
// closed. A timer wakes it when a window begins, and it puts the tasks that waited for that into its core's queue.
#include <algorithm>
#include <memory>
#include <new>

#include "runtime/runtime.hpp"

namespace tokiod {
namespace {

// What is put back for nothing is kept once more, behind the others: so one at first, the oldest, and then more while
// there still is time. How many more is left to chance, or a pattern of tasks could skip the same one each time.
constexpr std::uint32_t most_at_once = 32;

struct keeper {
  const std::shared_ptr<sched::cpu_quota> of;
  time::timer_queue::entry timer;
  std::uint32_t at_once = 1;
};

keeper& keeper_in(task::header& task) { return *static_cast<keeper*>(task::body_of(task)); }

void queue_all(sched::core& on, const sched::task_chain& tasks) {
  task::header* next = tasks.first;
  while (next != nullptr) {
    task::header* const task = next;
    next = task->next.get();
    on.run_later(*task);
  }
}

task::poll_result poll_keeper(task::header& task, task::context& cx) noexcept {
  keeper& self = keeper_in(task);
  if (self.of->ended()) return task::poll_result::ready;
  sched::core& on = *static_cast<sched::core*>(cx.core);
  const instant_ns now = on.all.time.now();
  const auto due = self.of->release(now, self.at_once);
  queue_all(on, due.tasks);
  self.at_once = due.tasks.count == 0 ? 1 : std::min(most_at_once, self.at_once + 1 + on.random.below(self.at_once));
  if (due.again == never) return task::poll_result::pending;
  if (due.again <= now) return task::poll_result::yielded;
  on.home.arm(self.timer, due.again, {&task, task.state.prepared_generation()}, true);
  return task::poll_result::pending;
}

void drop_keeper(task::header& task) noexcept {
  runtime::disarm(keeper_in(task).timer);
  keeper_in(task).~keeper();
}

constexpr task::body_ops keeper_ops{poll_keeper, drop_keeper};

}  // namespace

result<void> runtime::add_keeper(runtime_owner& of) {
  const auto made = allocate(engine_.system(), keeper_ops, nullptr, sizeof(keeper));
  if (!made) return std::unexpected(made.error());
  new (task::body_of(**made)) keeper{.of = of.quota, .timer = {}};
  const auto started = spawn(**made, {.kind = {.system = true}}, false);
  if (!started) {
    drop_keeper(**made);
    discard(**made);
    return std::unexpected(started.error());
  }
  of.quota->set_keeper(*started);
  wake(*started);  // if the owner was closed meanwhile, nobody else would tell it
  return {};
}

outcome<void> runtime::limit_cpu(runtime_owner& of, std::uint32_t percent) {
  if (percent != 0 && !of.quota->keeper())
    if (const auto added = add_keeper(of); !added)
      return refuse(kind::io_error, "cannot limit the CPU time of ", of.name(), ": ", added.error().text());
  engine_.limit_cpu(of, percent);
  return {};
}

}  // namespace tokiod
