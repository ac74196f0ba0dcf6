// Looks at the running daemon once a second and knows what looks wrong with it.
// Invariant: never waits for a worker or a plugin; holds as much as the lints of one moment, however long it runs.
// Threads:   start, stop [main]; the rest [any].
// No model: everything under one lock.
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "app/diag/fault_watch.hpp"
#include "app/diag/lint_rows.hpp"
#include "app/diag/lint_table.hpp"
#include "app/diag/runtime_lints.hpp"
#include "app/diag/task_groups.hpp"
#include "app/live_config.hpp"
#include "app/task_console.hpp"
#include "base/os_thread.hpp"
#include "host/registry.hpp"
#include "runtime/runtime.hpp"
#include "wire/json.hpp"

namespace tokiod::app {

class diagnosis {
 public:
  using teller = std::function<void(std::string_view topic, wire::json data)>;
  using fault_handler = std::function<void(const new_faults&)>;

  diagnosis(tokiod::runtime& rt, const host::registry& plugins, const task_console& console, const live_config& config)
      : rt_(rt), plugins_(plugins), console_(console), config_(config) {}
  diagnosis(const diagnosis&) = delete;
  diagnosis& operator=(const diagnosis&) = delete;
  ~diagnosis() { stop(); }

  // Each second a look, whose news `tell` gets under the topics lint and plugin.fault; each of the latter goes to
  // `on_fault` first. EAGAIN: no thread; then nobody is told of any.
  [[nodiscard]] result<void> start(teller tell, fault_handler on_fault);
  void stop();

  // What the last look found of the runtime, and what the tasks' records say now.
  [[nodiscard]] control::lint_page lints(std::size_t limit) const;
  [[nodiscard]] std::vector<control::metric_family> families() const;

 private:
  void loop();
  void look();
  void look_at_groups();
  [[nodiscard]] runtime_look look_at_runtime(const std::vector<host::image_view>& images) const;
  [[nodiscard]] std::vector<control::lint_info> task_lints() const;

  tokiod::runtime& rt_;
  const host::registry& plugins_;
  const task_console& console_;
  const live_config& config_;
  teller tell_;
  fault_handler on_fault_;
  fault_watch faults_;  // [its thread]
  os_thread thread_;

  mutable std::mutex mutex_;  // for what follows
  std::condition_variable stopped_;
  bool stopping_ = false;
  lint_table known_;
  task_groups groups_;
  runtime_look last_;
  std::vector<control::lint_info> of_runtime_;  // found by the last look
};

// Lost wakers: tasks of instances that nothing can wake any more, as far as the host knows. Public for tests.
struct silent_task {
  std::uint64_t id = 0;
  std::string instance;
  duration_ns silent = 0;  // since its last poll
  bool idle = false;       // it neither runs nor waits for a poll
  bool waits = false;      // an operation of it is open on something that others may end
};
[[nodiscard]] std::vector<silent_task> lost_ones(std::vector<silent_task> all,
                                                 const std::vector<host::image_view>& images,
                                                 duration_ns after = lost_after);

}  // namespace tokiod::app
