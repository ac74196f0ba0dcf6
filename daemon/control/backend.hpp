// What the control methods need of the daemon, as a narrow face with values only. app/ gives the live one; tests give a
// fake.
// Invariant: no function throws or keeps a reference to its arguments.
// Threads:   [control]: called on the control thread; reads snapshots and takes short locks that are never held while
//            plugin code runs, so that it answers while every worker is stuck. [operation]: called on a thread of the
//            operations pool, may wait up to its own deadline; at most one at a time per plugin. All may overlap.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "control/metric_family.hpp"
#include "wire/json.hpp"
#include "wire/method.hpp"
#include "wire/rpc.hpp"

namespace tokiod::control {

using wire::daemon_state;
using wire::json;

struct daemon_info {
  std::string version;
  std::string abi;
  std::string compiler;
  pid_t pid = 0;
  uid_t uid = 0;
  std::int64_t started_wall_ns = 0;
  double uptime_seconds = 0;
  std::vector<std::string> command_line;
  std::vector<std::string> config_files;
  bool systemd_notify = false;
  std::uint64_t systemd_watchdog_us = 0;
};

struct health_check {
  std::string name;
  bool ok = false;
  std::string detail;
  bool vital = false;  // a failing vital check means not live; any failing check means not ready
};

struct config_status {
  std::uint64_t revision = 0;
  bool reloaded = false;  // since the start
  bool last_reload_ok = true;
  std::int64_t last_reload_wall_ns = 0;
  std::string last_problem;  // the first fault of the last reload
};

struct shutdown_order {
  bool drain = true;
  std::optional<double> deadline_s;
  int exit_code = 0;
  std::string reason;
};

struct runtime_info {
  std::string flavor;
  std::uint32_t workers = 0, parked = 0, searching = 0, stuck = 0;
  std::uint64_t tasks_live = 0, tasks_spawned = 0, tasks_completed = 0;
  std::uint64_t global_queue_depth = 0, remote_schedules = 0;
  std::uint32_t blocking_threads = 0, blocking_idle = 0, blocking_queue = 0, blocking_max = 0;
  std::uint64_t io_sources = 0, timers = 0;
  bool stopping = false;
  json settings = json::object();  // the numbers it was started with
};

struct worker_info {
  std::uint32_t worker = 0;
  std::int32_t tid = 0;
  std::string state;          // parked, searching, running, stuck
  std::uint64_t task_id = 0;  // what it runs now; 0: nothing
  std::string task_name;
  std::string plugin;
  double poll_seconds = 0;  // for how long
  std::uint32_t queue_depth = 0, injector_depth = 0;
  std::uint64_t polls = 0, parks = 0, noops = 0, steal_operations = 0, stolen_tasks = 0, overflows = 0;
  std::uint64_t local_schedules = 0, remote_schedules = 0, forced_yields = 0;
  double busy_seconds = 0, mean_poll_seconds = 0;
};

struct task_info {
  std::uint64_t id = 0;
  std::string plugin;
  std::string name;
  std::string location;  // file:line of the spawn, where known
  std::string state;     // idle, queued, running, done
  bool cancelled = false;
  std::uint64_t polls = 0;
  std::int32_t worker = -1;
  double running_seconds = 0;
};

struct task_query {
  std::string plugin;  // empty: all
  std::string state;   // empty: all
  std::uint64_t after_id = 0;
  std::size_t limit = 100;
};

struct task_page {
  std::vector<task_info> tasks;  // by id, those above after_id
  std::uint64_t total = 0;       // that match, on all pages
  bool more = false;
};

struct plugin_info {
  std::string name;    // of the instance
  std::string plugin;  // of the file it came from
  std::string version;
  std::string abi;
  std::string summary;
  std::string path;
  std::string state;
  std::string detail;  // why it is in this state, where that is not obvious
  double state_seconds = 0;
  std::uint64_t tasks = 0;
  json holds = json::object();   // what it holds, by kind of handle
  json config = json::object();  // its configuration; secrets already hidden
  std::vector<std::string> methods;
  json more = json::object();  // counters and whatever else plugin.info shows
};

struct load_order {
  std::string plugin;  // path, or name in a plugin directory
  std::string instance;
  std::optional<json> config;
  bool start = true;
};

struct end_order {
  std::string plugin;
  double deadline_s = 10;
};

struct reload_order {
  std::string plugin;
  std::string path;  // empty: where it came from
  double deadline_s = 10;
};

struct call_order {
  std::string plugin;
  std::string method;
  json params;
};

// What a plugin answered, or an error with the plugin's own code and data.
using call_done = std::function<void(wire::answer)>;

class backend {
 public:
  virtual ~backend() = default;

  // ---- the daemon [control]
  [[nodiscard]] virtual daemon_state state() const = 0;
  [[nodiscard]] virtual daemon_info info() const = 0;
  [[nodiscard]] virtual std::vector<health_check> health() const = 0;
  virtual outcome<void> shutdown(const shutdown_order& order) = 0;  // begins it and returns

  // ---- the runtime [control]
  [[nodiscard]] virtual runtime_info runtime() const = 0;
  [[nodiscard]] virtual std::vector<worker_info> workers() const = 0;
  [[nodiscard]] virtual task_page tasks(const task_query& query) const = 0;
  [[nodiscard]] virtual std::optional<task_info> task(std::uint64_t id) const = 0;
  virtual outcome<void> cancel_task(std::uint64_t id) = 0;
  [[nodiscard]] virtual std::vector<metric_family> metrics() const = 0;

  // ---- configuration [control], reload [operation]
  [[nodiscard]] virtual config_status config() const = 0;
  [[nodiscard]] virtual outcome<json> config_get(std::string_view path, bool origin) const = 0;
  [[nodiscard]] virtual json config_check(const json& document) const = 0;
  [[nodiscard]] virtual outcome<json> config_schema(std::string_view path) const = 0;
  virtual outcome<json> config_reload(std::string_view reason) = 0;

  // ---- plugins: looking [control]
  [[nodiscard]] virtual std::vector<plugin_info> plugins() const = 0;
  [[nodiscard]] virtual outcome<plugin_info> plugin(std::string_view name) const = 0;

  // ---- plugins: doing [operation]; results are members that the reply shows beside plugin and state
  virtual outcome<json> plugin_inspect(const std::string& path) = 0;
  virtual outcome<json> plugin_scan() = 0;
  virtual outcome<json> plugin_load(const load_order& order) = 0;
  virtual outcome<json> plugin_reload(const reload_order& order) = 0;
  virtual outcome<json> plugin_start(const std::string& name) = 0;
  virtual outcome<json> plugin_stop(const end_order& order) = 0;
  virtual outcome<json> plugin_restart(const end_order& order) = 0;
  virtual outcome<json> plugin_unload(const end_order& order) = 0;

  // Hands a call to a worker and returns [control]. `done` is called exactly once, from any thread, also after
  // plugin_call_cancel(), which says that nobody waits any more. The number names the call until then.
  virtual std::uint64_t plugin_call(call_order order, call_done done) = 0;
  virtual void plugin_call_cancel(std::uint64_t call) = 0;
};

}  // namespace tokiod::control
