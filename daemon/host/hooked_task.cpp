#include "host/hooked_task.hpp"

#include "runtime/task/join.hpp"

namespace tokiod::host {
namespace {

// A hook is the plugin's code: the core may be lost meanwhile, as in the poll itself.
template <class Call>
void tell(tokio_plugin& p, Call call) {
  const call_scope scope(p);
  call(*p.hooks);
}

task::poll_result poll(task::header& task, task::context& cx) noexcept {
  auto& p = *static_cast<tokio_plugin*>(cx.user);
  told_poll now{.worker = runtime::worker_of(cx), .waited = runtime::wait_of(cx)};
  tell(p, [&](task_hooks& hooks) { hooks.polls(p, task, now); });
  const task::poll_result said = plugin_task_ops.poll(task, cx);
  tell(p, [&](task_hooks& hooks) { hooks.polled(p, task, now); });
  const bool panicked = said == task::poll_result::panicked;
  if (panicked || said == task::poll_result::ready) tell(p, [&](task_hooks& hooks) { hooks.ended(p, task, panicked); });
  return said;
}

// One that ended by itself was told of then, and only its result is destroyed.
void drop(task::header& task) noexcept {
  const bool cancelled = task::end_of(task) == task::end_kind::none;
  plugin_task_ops.drop(task);
  if (!cancelled) return;
  auto& p = plugin_of(task);
  tell(p, [&](task_hooks& hooks) { hooks.ended(p, task, false); });
}

}  // namespace

const task::body_ops hooked_task_ops = {.poll = poll, .drop = drop};

}  // namespace tokiod::host
