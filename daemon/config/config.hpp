// Every setting of the daemon as a plain value with its default. What a setting is called in a file, its bounds, unit
// and meaning stand in settings.cpp, beside a pointer to the member here.
// Invariant: a default-constructed config is a valid one, except that worker_threads = 0 means "what this process may
//            use" and is replaced by load().
// Threads:   plain values.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tokiod::config {

struct runtime_settings {
  std::string flavor = "multi_thread";  // or current_thread
  std::uint64_t worker_threads = 0;
  std::uint64_t max_blocking_threads = 512;
  std::uint64_t thread_keep_alive_ms = 10'000;
  std::uint64_t thread_stack_bytes = 2 * 1024 * 1024;
  std::uint64_t event_interval = 61;
  std::uint64_t global_queue_interval = 0;
  std::uint64_t stuck_after_ms = 10;
  bool stuck_stacks = true;
  std::string fs_backend = "auto";  // auto, blocking, io_uring
};

// Who may do what: the first rule that names the peer decides. Exactly one of user, group, uid and gid is set.
struct access_rule {
  std::string user, group;
  std::int64_t uid = -1, gid = -1;
  std::string level = "observe";         // observe, operate or admin
  std::vector<std::string> allow, deny;  // method globs
  friend bool operator==(const access_rule&, const access_rule&) = default;
};

struct control_settings {
  std::string socket = "/run/tokiod/control.sock";
  std::string observe_socket = "/run/tokiod/observe.sock";
  std::string socket_mode = "0660";
  std::string observe_socket_mode = "0666";
  std::string socket_group;  // empty: leave it
  std::string page_address;  // of the loopback; empty: none
  std::uint64_t max_clients = 64;
  std::uint64_t max_request_bytes = 256 * 1024;
  std::uint64_t max_depth = 64;
  std::uint64_t max_values = 16'384;
  std::uint64_t max_in_flight = 16;
  std::uint64_t idle_timeout_ms = 300'000;
  std::uint64_t read_timeout_ms = 10'000;
  std::uint64_t max_output_bytes = 4 * 1024 * 1024;
  std::uint64_t max_events = 1024;
  std::uint64_t kept_events = 10'000;
  std::uint64_t write_timeout_ms = 30'000;
  std::vector<access_rule> access;
};

struct log_settings {
  std::string level = "info";
  std::map<std::string, std::string> targets;
  std::string sink = "auto";  // auto, stderr, json, journald
  std::uint64_t burst = 200;
};

struct plugin_instance {
  std::string plugin;
  bool enabled = true;
  std::string config = "{}";  // JSON text, handed to the plugin as it is
  std::uint64_t max_tasks = UINT64_MAX;
  std::uint64_t max_memory_bytes = UINT64_MAX;
  std::uint64_t max_blocking_jobs = UINT64_MAX;
  std::uint64_t cpu_quota_percent = 0;  // 0: none
  std::string on_fault = "log";
  bool may_resize = false;
  friend bool operator==(const plugin_instance&, const plugin_instance&) = default;
};

struct plugins_settings {
  std::vector<std::string> dirs = {"/usr/lib/tokiod/plugins"};
  std::map<std::string, plugin_instance> instances;
  std::uint64_t init_timeout_ms = 30'000;
  std::uint64_t unload_deadline_ms = 10'000;
  std::uint64_t abort_grace_ms = 2'000;
  std::uint64_t call_timeout_ms = 30'000;
};

struct shutdown_settings {
  std::uint64_t deadline_ms = 30'000;
};

struct watchdog_settings {
  std::string policy = "control";  // control, any_worker or all_workers
  std::uint64_t stuck_after_ms = 5'000;
};

// Who listens to tasks (the event topic `tasks`), and what is written down for him.
struct console_settings {
  bool always = false;
  std::uint64_t max_tasks = 4096;
  std::uint64_t retention_ms = 3'600'000;
  std::uint64_t never_yielded_ms = 1'000;
  std::uint64_t lost_waker_ms = 60'000;
  std::vector<std::string> allow;  // lints that are not looked for
};

struct config {
  runtime_settings runtime;
  control_settings control;
  log_settings log;
  plugins_settings plugins;
  shutdown_settings shutdown;
  watchdog_settings watchdog;
  console_settings console;
};

}  // namespace tokiod::config
