#include "runtime/sched/root.hpp"

#include <utility>

#include "runtime/task/handles.hpp"
#include "runtime/task/spawn.hpp"

namespace tokiod::sched {
namespace {

// The body of such a task says where its root is.
root& root_of(task::header& task) { return **static_cast<root**>(task::body_of(task)); }

task::poll_result never_polled(task::header&, task::context&) noexcept { return task::poll_result::pending; }
void nothing_to_drop(task::header&) noexcept {}
constexpr task::body_ops root_ops{never_polled, nothing_to_drop};

}  // namespace

void root_door::schedule(task::header& task) noexcept { root_of(task).ring(); }
void root_door::requeue(task::header& task) noexcept { root_of(task).ring(); }

result<void> root::run_with(engine& all, owner& whose, const std::function<void(root&)>& use) {
  foreign_share& from = whose.foreign();
  root one(all);
  task::header* task = nullptr;
  {
    const hold lock(from.lock);
    const auto made = task::prepare(from.part.heap, root_ops, nullptr, sizeof(root*));
    if (!made) return std::unexpected(error{ENOMEM, "block_on"});
    task = *made;
    from.part.allocated.add();
    *static_cast<root**>(task::body_of(*task)) = &one;
    one.self_ = task::spawn(*task, from.ids.take(engine::ids), {});
  }
  use(one);
  one.end(*task, whose);
  return {};
}

// Whoever holds S may end it; somebody else may just have taken it to wake us.
void root::end(task::header& task, owner& whose) {
  if (!mine_ && task.state.wake(self_.generation) == task::wake_outcome::schedule) mine_ = true;
  while (!mine_) (void)wait();
  foreign_share& from = whose.foreign();
  const hold lock(from.lock);
  task.state.retire();
  from.part.tasks.freed.add();
  from.part.heap.free(&task);
}

// The thread that waits may be gone as soon as the bell was rung, and we with it.
void root::ring() noexcept {
  engine& all = all_;
  runnable(false);
  const visit_of_waker inside(all);  // who waits has S only after this
  bell_.ring();
  // On its own core the thread looks at its bell before it calls the hook that comes before a sleep, and is told here
  // to do so again after it.
  if (all.with.kind == flavor::current_thread) {
    if (core* const on = all.here())
      on->root_rang.note();
    else
      all.cores[0]->home.wake();
  }
}

void root::nudge() noexcept { bell_.nudge(); }

bool root::taken() { return mine_ = mine_ || bell_.heard(); }

bool root::wait() { return mine_ = mine_ || bell_.wait(); }

void root::runnable(bool again) noexcept {
  if (!self_.task->kind.timed) return;
  runnable_since_ = all_.time.now();
  again_ = again;
}

void root::begin_delay() noexcept {
  const auto since = std::exchange(runnable_since_, std::nullopt);
  delay_.reset();
  if (since) delay_ = {all_.time.now() - *since, again_};
}

std::optional<core::delay> root::delay_of(task::header& task) noexcept {
  if (task.ops != &root_ops) return std::nullopt;
  task.kind.timed = true;
  return root_of(task).delay_;
}

bool root::poll(const root_poll& poll) {
  auto& state = self_.task->state;
  begin_delay();
  // That it is told to end means that the runtime does; whoever waits for it is not ended by that.
  const task::begin_outcome begun = state.begin_poll();
  task::coop_budget budget;
  const task::poll_result said = poll(self_, budget);
  if (said == task::poll_result::ready) return true;
  yielded_ = said == task::poll_result::yielded;
  if (!yielded_) {
    const task::pending_outcome then = state.end_pending(begun);
    if (then == task::pending_outcome::idle)
      mine_ = false;
    else
      yielded_ = true;  // it was woken while it ran: behind everything that waits
  }
  if (yielded_) runnable(true);
  return false;
}

}  // namespace tokiod::sched
