// What the control methods need of the daemon, as a narrow face with values only. app/ gives the live one; tests give a
// fake.
// Invariant: no function throws or keeps a reference to its arguments.
// Threads:   [control]: called on the control thread; reads snapshots and takes short locks that are never held while
//            plugin code runs, so that it answers while every worker is stuck. [reader]: called on a reader's thread;
//            may take some milliseconds more (files, a walk over all tasks), never waits for a plugin or a worker.
//            [operation]: called on a thread for operations, may wait up to its own deadline; at most one at a time
//            per plugin. All may overlap.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "control/histogram_info.hpp"
#include "control/metric_family.hpp"
#include "control/resource_info.hpp"
#include "control/task_stats.hpp"
#include "host/registry.hpp"
#include "wire/json.hpp"
#include "wire/method.hpp"

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
  std::uint64_t forced_yields = 0;
  std::uint64_t idle_backlogs = 0;  // tasks waited although a worker slept
  double oldest_backlog_seconds = 0;
  std::uint64_t global_queue_depth = 0, remote_schedules = 0;
  std::uint32_t blocking_threads = 0, blocking_idle = 0, blocking_queue = 0, blocking_max = 0;
  bool files_in_ring = false;  // else they are blocking jobs
  std::uint64_t files_in_flight = 0, files_submitted = 0;
  std::uint64_t io_sources = 0, io_registered = 0, io_deregistered = 0, io_ready_events = 0;
  std::uint64_t timers = 0;
  bool stopping = false;
  json settings = json::object();  // the numbers it was started with
};

struct resize_report {
  std::uint32_t before = 0, after = 0;  // workers
};

struct worker_info {
  std::uint32_t worker = 0;
  std::int32_t tid = 0;
  std::string state;          // parked, searching, running, stuck, retired
  std::uint64_t task_id = 0;  // what it runs now; 0: nothing
  std::string task_name;
  std::string plugin;
  double poll_seconds = 0;  // for how long
  std::uint32_t queue_depth = 0, injector_depth = 0;
  std::uint64_t polls = 0, parks = 0, park_unparks = 0, noops = 0, local_schedules = 0;
  std::uint64_t steal_operations = 0, stolen_tasks = 0, overflows = 0;
  double busy_seconds = 0, mean_poll_seconds = 0;
  histogram_info poll_time, schedule_latency;
};

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

// A round of what changed of the tasks, of the resources or of the operations since a moment, in pages by id. The next
// round is since the first page's `began`.
struct change_query {
  instant_ns since = 0;
  std::uint64_t after_id = 0;  // 0: a round begins
  instant_ns began = 0;        // of the round, as its first page said
  std::size_t limit = 500;
};
struct task_changes : page_facts {
  std::vector<task_info> tasks;
};

using drain_time = std::optional<duration_ns>;

class backend {
 public:
  virtual ~backend() = default;

  // ---- the daemon [control]
  [[nodiscard]] virtual daemon_state state() const = 0;
  [[nodiscard]] virtual daemon_info info() const = 0;
  [[nodiscard]] virtual std::vector<health_check> health() const = 0;
  virtual outcome<void> shutdown(const shutdown_order& order) = 0;  // begins it and returns

  // ---- the runtime: as a whole [control], its parts [reader], changing it [operation]
  [[nodiscard]] virtual runtime_info runtime() const = 0;
  [[nodiscard]] virtual std::vector<worker_info> workers() const = 0;
  virtual outcome<resize_report> resize(std::uint32_t workers, duration_ns timeout, std::string_view reason) = 0;
  [[nodiscard]] virtual task_page tasks(const task_query& query) const = 0;
  [[nodiscard]] virtual std::optional<task_info> task(std::uint64_t id) const = 0;
  virtual outcome<void> cancel_task(std::uint64_t id) = 0;
  // Somebody begins to listen to tasks and resources, or ends; as many ends as beginnings. [control]
  virtual void listen_to_tasks(bool on) = 0;
  virtual void watch_task(std::uint64_t id, bool on) = 0;  // it stays known, also when it has ended [control]
  // What is known stays, and nothing new is written down, until the opposite. Gives whether it is paused. [control]
  virtual bool pause_tasks(bool on) = 0;
  [[nodiscard]] virtual task_changes changes(const change_query& query) const = 0;
  // What is known of resources is known while somebody listens.
  [[nodiscard]] virtual resource_page resources(const resource_query& query) const = 0;
  [[nodiscard]] virtual std::optional<resource_detail> resource(std::uint64_t id) const = 0;
  [[nodiscard]] virtual resource_changes changed_resources(const change_query& query) const = 0;
  [[nodiscard]] virtual async_op_changes changed_ops(const change_query& query) const = 0;
  [[nodiscard]] virtual std::vector<metric_family> metrics() const = 0;

  // ---- configuration [control], reload [operation]
  [[nodiscard]] virtual config_status config() const = 0;
  [[nodiscard]] virtual outcome<json> config_get(std::string_view path, bool origin) const = 0;
  [[nodiscard]] virtual json config_check(const json& document) const = 0;
  [[nodiscard]] virtual outcome<json> config_schema(std::string_view path) const = 0;
  virtual outcome<json> config_reload(std::string_view reason) = 0;

  // ---- plugins: looking [control]; the registry's own values
  [[nodiscard]] virtual std::vector<host::image_view> plugins() const = 0;
  [[nodiscard]] virtual outcome<host::image_info> plugin(std::string_view name) const = 0;
  [[nodiscard]] virtual outcome<host::instance_view> instance(std::string_view name) const = 0;

  // ---- plugins: reading files [reader], doing [operation]
  [[nodiscard]] virtual outcome<host::inspection> inspect(const std::string& path_or_name) const = 0;
  [[nodiscard]] virtual host::scan_result scan() const = 0;
  virtual outcome<host::load_report> load(const host::load_request& request) = 0;
  virtual outcome<host::unload_report> unload(std::string_view plugin, drain_time drain) = 0;
  virtual outcome<host::reload_report> reload(std::string_view plugin, const std::string& path, drain_time drain) = 0;
  virtual outcome<host::instance_view> start(const host::start_request& request) = 0;
  virtual outcome<host::instance_view> start_again(std::string_view instance) = 0;
  virtual outcome<host::stop_report> stop(std::string_view instance, drain_time drain) = 0;
  virtual outcome<host::instance_view> restart(std::string_view instance, drain_time drain) = 0;

  // ---- methods of plugins [control]: returns at once, the listener hears the rest on any thread, done() exactly once
  virtual outcome<host::call_id> call(std::string_view instance, std::string_view method, std::string params,
                                      std::shared_ptr<host::call_listener> listener, duration_ns timeout) = 0;
  virtual void cancel_call(host::call_id id) = 0;
};

}  // namespace tokiod::control
