// A plugin's task whose polls somebody wants to hear of: the functions of plugin_task.hpp with calls around them.
// Invariant: polls() and polled() come in pairs, on one thread; ended() comes once for each task that was spawned,
//            after its future was destroyed and before its joiner hears. A block that was refused is not told of.
// Threads:   as runtime/task/body.hpp says.
#pragma once
#include "host/plugin_task.hpp"

namespace tokiod::host {

// One poll, from polls() to polled().
struct told_poll {
  std::uint32_t worker = 0;
  duration_ns waited = 0;  // before it; sched::core::not_tracked: not known
  instant_ns began = 0;    // whoever is told may note it here
};

class task_hooks {
 public:
  virtual void spawns(tokio_plugin& p, task::header& task) noexcept = 0;  // before it can run
  virtual void polls(tokio_plugin& p, task::header& task, told_poll& poll) noexcept = 0;
  virtual void polled(tokio_plugin& p, task::header& task, const told_poll& poll) noexcept = 0;
  virtual void ended(tokio_plugin& p, task::header& task, bool panicked) noexcept = 0;

 protected:
  ~task_hooks() = default;
};

extern const task::body_ops hooked_task_ops;

}  // namespace tokiod::host
