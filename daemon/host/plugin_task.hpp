// A plugin's task as a runtime body: enter the plugin, poll, leave, and judge what it said. The plugin of a task is
// found through the task's owner, its kind (tokio_task_vt) is the header's `about`.
// Invariant: whatever a poll returns, the task goes on or ends; nothing outside the enumeration reaches the runtime.
// Threads:   as runtime/task/body.hpp says.
#pragma once
#include <string_view>

#include "host/plugin.hpp"
#include "runtime/task/header.hpp"
#include "tokio/abi/task.h"

namespace tokiod::host {

extern const task::body_ops plugin_task_ops;

// Valid while the task is live or its join handle is held.
[[nodiscard]] inline tokio_plugin& plugin_of(task::header& task) {
  auto& all = static_cast<sched::engine&>(task::scheduler_of(task));
  return *static_cast<tokio_plugin*>(all.owners[task::owner_of(task)]->user);
}

[[nodiscard]] inline const tokio_task_vt& kind_of(const task::header& task) {
  // Relaxed: whoever asks holds the task, and got it from somebody who saw it written.
  return *static_cast<const tokio_task_vt*>(task.about.load(relaxed));
}

// The message of the poll that is going on on this thread. False: there is none.
bool set_panic_message(std::string_view message);

}  // namespace tokiod::host
