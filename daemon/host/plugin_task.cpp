#include "host/plugin_task.hpp"

#include <utility>

#include "host/export/tables.hpp"

namespace tokiod::host {
namespace {

// The poll that this thread is in. A plugin may copy its tokio_cx, so the way back to the context is not in there.
constinit thread_local task::context* current_poll = nullptr;

[[gnu::always_inline]] inline tokio_poll enter(task::header& task, task::context& cx, tokio_plugin& p) noexcept {
  tokio_cx given = {
      .size = sizeof given,
      .worker = runtime::worker_of(cx),
      .budget = cx.budget->raw(),
      .waker = {reinterpret_cast<tokio_task*>(&task), task.state.prepared_generation()},
      .now_ns = cx.now,
      .host = &host_table,
      .plugin = &p,
      .flags = cx.cancelled ? TOKIO_CX_CANCELLED : 0u,
  };
  auto* const outer = std::exchange(current_poll, &cx);
  const auto& kind = kind_of(task);
  tokio_poll said;
  {
    const sched::plugin_call outside(p.owner_id, &p);  // a poll is always on a thread of the task's runtime
    said = kind.poll(task::body_of(task), &given);
  }
  current_poll = outer;
  return said;
}

[[gnu::cold]] task::poll_result outside_the_enumeration(task::context& cx, tokio_plugin& p, tokio_poll said) {
  cx.panic_message = "poll returned " + std::to_string(said) + ", which is no result of a poll";
  p.report_misuse(cx.panic_message);
  return task::poll_result::panicked;
}

task::poll_result poll(task::header& task, task::context& cx) noexcept {
  auto& p = *static_cast<tokio_plugin*>(cx.user);
  const auto said = enter(task, cx, p);
  switch (said) {
    case TOKIO_POLL_READY: return task::poll_result::ready;
    case TOKIO_POLL_PENDING: return task::poll_result::pending;
    case TOKIO_POLL_YIELD: return task::poll_result::yielded;
    case TOKIO_POLL_PANIC: return task::poll_result::panicked;
    default: return outside_the_enumeration(cx, p, said);
  }
}

void drop(task::header& task) noexcept {
  const auto& kind = kind_of(task);
  const call_scope scope(plugin_of(task));
  kind.destroy(task::body_of(task));
}

}  // namespace

const task::body_ops plugin_task_ops = {.poll = poll, .drop = drop};

bool set_panic_message(std::string_view message) {
  if (current_poll == nullptr) return false;
  current_poll->panic_message = message;
  return true;
}

}  // namespace tokiod::host
