// A poll that does not end, in words: which task of which plugin, where it was spawned, and what its thread is doing.
// Threads: a plain value; stuck_report_of() takes only locks that are never held while user code runs.
#pragma once
#include <string>
#include <vector>

#include "host/registry.hpp"
#include "host/trace/slow_log.hpp"
#include "runtime/runtime.hpp"
#include "wire/json.hpp"

namespace tokiod::app {

struct stuck_report {
  sched::stuck_poll found;
  std::string instance;
  host::task_label label;
  std::vector<std::string> stack;  // "echo.so+0x1a2b read_loop()", innermost first

  [[nodiscard]] std::string location() const;    // "file:line"; empty: not known
  [[nodiscard]] std::string stack_line() const;  // for the log: one line, or why there is none
  [[nodiscard]] host::trace::slow_entry entry() const;
  [[nodiscard]] wire::json event() const;  // of the topic runtime.stuck
};

[[nodiscard]] stuck_report stuck_report_of(const sched::stuck_poll& found, const tokiod::runtime& rt,
                                           const host::registry& plugins);

// The function as people write it.
[[nodiscard]] std::string demangled(const std::string& symbol);
// `file`: of the module, after private copies were resolved; empty: this program.
[[nodiscard]] std::string text_of(const stack_frame& frame, const std::string& file);

}  // namespace tokiod::app
