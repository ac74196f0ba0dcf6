// Tasks, and who listens to them. A part of control/backend.hpp.
// Threads: [reader], but for what says otherwise.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "control/backend/common.hpp"
#include "control/resource_info.hpp"
#include "control/task_stats.hpp"

namespace tokiod::control {

struct task_info {
  std::uint64_t id = 0;
  std::string plugin;
  std::string name;
  std::string location;  // file:line of the spawn, where known
  std::string state;     // idle, queued, running, done
  bool cancelled = false;
  std::int32_t worker = -1;
  double running_seconds = 0;
  std::optional<task_stats> stats;  // while somebody listens
};

enum class task_order : std::uint8_t { id, running, total, busy, scheduled, idle, polls, wakes, self_wakes, bytes };

struct task_query {
  std::string plugin;                    // empty: all
  std::string state;                     // empty: all that live
  std::string name = {}, location = {};  // globs; empty: all
  task_order by = task_order::id;
  std::uint64_t after_id = 0;
  std::size_t limit = 100;
};

struct task_page {
  std::vector<task_info> tasks;  // those above after_id; in another order than by id the first ones
  std::uint64_t total = 0;       // that match, on all pages
  bool more = false;
};

// Where a task waits.
struct task_place {
  std::string function, file;
  std::uint32_t line = 0, depth = 0;
};

struct task_trace {
  task_info task;
  std::vector<task_place> places;  // innermost first
  bool cut = false;                // outer ones are missing
  std::string unsupported;         // why there are none
};

struct trace_page {
  std::vector<task_trace> tasks;  // by id
  std::uint64_t total = 0;        // that match
};

struct task_changes : page_facts {
  std::vector<task_info> tasks;
};

class task_face {
 public:
  virtual ~task_face() = default;

  [[nodiscard]] virtual task_page tasks(const task_query& query) const = 0;
  [[nodiscard]] virtual std::optional<task_info> task(std::uint64_t id) const = 0;
  virtual outcome<void> cancel_task(std::uint64_t id) = 0;
  virtual outcome<void> wake_task(std::uint64_t id) = 0;
  // Of live tasks above after_id; 0: all. Nothing is polled for it, and only the plugin's code that reads where a task
  // waits is called.
  [[nodiscard]] virtual trace_page traces(const task_query& query) const = 0;
  [[nodiscard]] virtual std::optional<task_trace> trace(std::uint64_t id) const = 0;
  // Somebody begins to listen to tasks and resources, or ends; as many ends as beginnings. [control]
  virtual void listen_to_tasks(bool on) = 0;
  virtual void watch_task(std::uint64_t id, bool on) = 0;  // it stays known, also when it has ended [control]
  // What is known stays, and nothing new is written down, until the opposite. Gives whether it is paused. [control]
  virtual bool pause_tasks(bool on) = 0;
  [[nodiscard]] virtual task_changes changes(const change_query& query) const = 0;
};

}  // namespace tokiod::control
