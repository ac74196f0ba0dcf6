#include "host/plugin_task.hpp"

#include "host/export/common.hpp"
#include "host/export/tables.hpp"
#include "host/trace/traced_task.hpp"

namespace tokiod::host {
namespace {

[[gnu::always_inline]] inline tokio_poll enter(task::header& task, task::context& cx, tokio_plugin& p) noexcept {
  tokio_cx given = {
      .size = sizeof given,
      .worker = runtime::worker_of(cx),
      .budget = cx.budget->raw(),
      .waker = {},
      .now_ns = cx.now,
      .host = &host_table,
      .plugin = &p,
      .flags = cx.cancelled ? TOKIO_CX_CANCELLED : 0u,
  };
  write_waker(given.waker, {&task, task.state.prepared_generation()});
  const auto& kind = kind_of(task);
  const sched::poll_call outside(p.shown);  // a poll is always on a thread of the task's runtime
  return kind.poll(task::body_of(task), &given);
}

// What the poll began with is asked for again, so that no register is kept for it across every poll.
TOKIOD_ASIDE [[gnu::cold]] task::poll_result outside_the_enumeration(tokio_poll said) noexcept {
  task::context& cx = sched::this_thread->cx;
  cx.panic_message = "poll returned " + std::to_string(said) + ", which is no result of a poll";
  static_cast<tokio_plugin*>(cx.user)->report_misuse(cx.panic_message);
  return task::poll_result::panicked;
}

// The first poll since somebody listens: this one goes the other way already.
[[gnu::cold, gnu::noinline]] task::poll_result met(task::header& task, task::context& cx, const tokio_plugin& p) {
  trace::met(task, p);
  return task.ops->poll(task, cx);
}

task::poll_result poll(task::header& task, task::context& cx) noexcept {
  auto& p = *static_cast<tokio_plugin*>(cx.user);
  if (trace::on()) [[unlikely]]
    if (task.ops == &plugin_task_ops) return met(task, cx, p);
  const auto said = enter(task, cx, p);
  switch (said) {
    case TOKIO_POLL_READY: return task::poll_result::ready;
    case TOKIO_POLL_PENDING: return task::poll_result::pending;
    case TOKIO_POLL_YIELD: return task::poll_result::yielded;
    case TOKIO_POLL_PANIC: return task::poll_result::panicked;
    default: return outside_the_enumeration(said);
  }
}

void drop(task::header& task) noexcept {
  const auto& kind = kind_of(task);
  const call_scope scope(plugin_of(task));
  kind.destroy(task::body_of(task));
}

}  // namespace

const task::body_ops plugin_task_ops = {.poll = poll, .drop = drop};

// By the thread: a plugin may copy its tokio_cx, so the way back to the context is not in there.
bool set_panic_message(std::string_view message) {
  sched::thread* const on = sched::this_thread;
  if (on == nullptr || !on->cx.polling) return false;
  on->cx.panic_message = message;
  return true;
}

}  // namespace tokiod::host
