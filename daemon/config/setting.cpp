#include "config/setting.hpp"

#include <algorithm>
#include <iterator>

namespace tokiod::config {
namespace {

using enum type;
using enum apply;

constexpr std::uint64_t hour_ms = 3'600'000;
constexpr std::uint64_t day_ms = 24 * hour_ms;
constexpr std::uint64_t path_bytes = 4096;
constexpr std::uint64_t socket_path_bytes = 107;  // sun_path less its final zero

constexpr setting table[] = {
    {"/runtime/flavor", choice, 0, 0, "multi_thread|current_thread", "", restart, "Which scheduler runs the tasks.",
     [](config& c) -> auto& { return c.runtime.flavor; }},
    {"/runtime/worker_threads", integer, 1, 1024, "", "threads", live,
     "Worker threads of the scheduler; null: as many CPUs as affinity and the cgroup's quota allow. The environment "
     "variable TOKIO_WORKER_THREADS beats this. A reload changes their number while tasks run; so do "
     "runtime.resize, and an instance that may (may_resize), until the next start.",
     [](config& c) -> auto& { return c.runtime.worker_threads; }},
    {"/runtime/max_blocking_threads", integer, 1, 65'536, "", "threads", live,
     "Threads that blocking jobs may use at most. Those past a lower number end when they have no job.",
     [](config& c) -> auto& { return c.runtime.max_blocking_threads; }},
    {"/runtime/thread_keep_alive_ms", integer, 1, day_ms, "", "ms", live,
     "How long an idle blocking thread waits for another job before it ends.",
     [](config& c) -> auto& { return c.runtime.thread_keep_alive_ms; }},
    {"/runtime/thread_stack_bytes", integer, 65'536, 1024 * 1024 * 1024, "", "bytes", restart,
     "The stack of each worker and blocking thread.", [](config& c) -> auto& { return c.runtime.thread_stack_bytes; }},
    {"/runtime/event_interval", integer, 1, 1'000'000, "", "polls", live,
     "After how many polls a worker looks for I/O and timers although it has work.",
     [](config& c) -> auto& { return c.runtime.event_interval; }},
    {"/runtime/global_queue_interval", integer, 0, 1'000'000, "", "polls", live,
     "After how many polls a worker looks at tasks from outside although it has work; 0: tuned while running.",
     [](config& c) -> auto& { return c.runtime.global_queue_interval; }},
    {"/runtime/stuck_after_ms", integer, 0, day_ms, "", "ms", live,
     "A task that polls for longer is reported, and if it holds up others, its worker goes on with another thread; 0: "
     "neither. A task in block_in_place is not reported, and gives its worker away whatever this says.",
     [](config& c) -> auto& { return c.runtime.stuck_after_ms; }},
    {"/runtime/stuck_stacks", boolean, 0, 0, "", "", live,
     "Whether such a report has the stack of the thread. A signal asks for it, so a system call in which the task "
     "sleeps may end with EINTR.",
     [](config& c) -> auto& { return c.runtime.stuck_stacks; }},
    {"/runtime/fs_backend", choice, 0, 0, "auto|blocking|io_uring", "", restart,
     "What opens, reads, writes, syncs, stats and renames files for plugins: the kernel's ring, or threads that block. "
     "Both auto and io_uring take the ring where the kernel offers one to the daemon and the threads elsewhere; with "
     "io_uring a missing ring is a warning in the log.",
     [](config& c) -> auto& { return c.runtime.fs_backend; }},

    {"/control/socket", text, 1, socket_path_bytes, "", "", restart,
     "The control socket: every method, as far as the caller's level goes. A socket passed by systemd under the name "
     "\"control\" is used instead.",
     [](config& c) -> auto& { return c.control.socket; }},
    {"/control/observe_socket", text, 0, socket_path_bytes, "", "", restart,
     "The read-only control socket; empty: none. A socket passed by systemd under the name \"control-ro\" is used "
     "instead.",
     [](config& c) -> auto& { return c.control.observe_socket; }},
    {"/control/socket_mode", file_mode, 0, 0, "", "", restart, "Permission bits of the control socket.",
     [](config& c) -> auto& { return c.control.socket_mode; }},
    {"/control/observe_socket_mode", file_mode, 0, 0, "", "", restart, "Permission bits of the read-only socket.",
     [](config& c) -> auto& { return c.control.observe_socket_mode; }},
    {"/control/socket_group", text, 0, 256, "", "", restart, "Group that owns the control socket; empty: leave it.",
     [](config& c) -> auto& { return c.control.socket_group; }},
    {"/control/page_address", text, 0, 64, "", "", restart,
     "Where browsers of this machine find the page, as 127.0.0.1:9465 or [::1]:9465; empty: nowhere. It shows what the "
     "read-only socket shows, to every user of this machine, and serves /metrics, /livez and /readyz as well.",
     [](config& c) -> auto& { return c.control.page_address; }},
    {"/control/max_clients", integer, 1, 4096, "", "connections", live, "Connections served at a time.",
     [](config& c) -> auto& { return c.control.max_clients; }},
    {"/control/max_request_bytes", integer, 1024, 64 * 1024 * 1024, "", "bytes", live, "The longest request line.",
     [](config& c) -> auto& { return c.control.max_request_bytes; }},
    {"/control/max_depth", integer, 4, 1000, "", "levels", live, "How deep a request may nest.",
     [](config& c) -> auto& { return c.control.max_depth; }},
    {"/control/max_values", integer, 16, 10'000'000, "", "values", live, "How many values a request may hold.",
     [](config& c) -> auto& { return c.control.max_values; }},
    {"/control/max_in_flight", integer, 1, 1024, "", "requests", live,
     "Unanswered requests of one connection; more are not read.",
     [](config& c) -> auto& { return c.control.max_in_flight; }},
    {"/control/idle_timeout_ms", integer, 100, day_ms, "", "ms", live,
     "After how long a silent connection without subscriptions is closed.",
     [](config& c) -> auto& { return c.control.idle_timeout_ms; }},
    {"/control/read_timeout_ms", integer, 100, hour_ms, "", "ms", live,
     "How long a request line may take from its first byte to its last.",
     [](config& c) -> auto& { return c.control.read_timeout_ms; }},
    {"/control/max_output_bytes", integer, 65'536, 1024 * 1024 * 1024, "", "bytes", live,
     "Output waiting for one client; beyond it nothing more is read from it, beyond twice as much it is disconnected.",
     [](config& c) -> auto& { return c.control.max_output_bytes; }},
    {"/control/max_events", integer, 16, 1'000'000, "", "events", live,
     "Events waiting for one subscription, of 1 KiB each on average; beyond it the oldest give way, and are counted.",
     [](config& c) -> auto& { return c.control.max_events; }},
    {"/control/kept_events", integer, 1, 1'000'000, "", "events", live,
     "Events kept for event.recent and for clients that come back, of 420 bytes each on average; the oldest give way.",
     [](config& c) -> auto& { return c.control.kept_events; }},
    {"/control/write_timeout_ms", integer, 100, hour_ms, "", "ms", live,
     "How long a client may take nothing of its output before it is disconnected.",
     [](config& c) -> auto& { return c.control.write_timeout_ms; }},
    {"/control/access/#/user", text, 1, 256, "", "", live, "The rule is for this user."},
    {"/control/access/#/group", text, 1, 256, "", "", live, "The rule is for members of this group."},
    {"/control/access/#/uid", integer, 0, UINT32_MAX, "", "", live, "The rule is for this user id."},
    {"/control/access/#/gid", integer, 0, UINT32_MAX, "", "", live, "The rule is for members of this group id."},
    {"/control/access/#/level", choice, 0, 0, "none|observe|operate|admin", "", live, "What the peer may do at most."},
    {"/control/access/#/allow", text_list, 0, 256, "", "", live,
     "Globs of methods allowed although they need more than the level."},
    {"/control/access/#/deny", text_list, 0, 256, "", "", live, "Globs of methods refused whatever the level."},

    {"/log/level", choice, 0, 0, "trace|debug|info|warn|error|off", "", live,
     "The least severe record that is written.", [](config& c) -> auto& { return c.log.level; }},
    {"/log/targets/*", choice, 0, 0, "trace|debug|info|warn|error|off", "", live,
     "The level of one target and of those below it: \"plugin.echo\"; or of all that match a glob: \"plugin.*\"."},
    {"/log/sink", choice, 0, 0, "auto|stderr|json|journald", "", live,
     "Where records go; auto: journald when standard error leads there, else text on standard error; json: one object "
     "a line there.",
     [](config& c) -> auto& { return c.log.sink; }},
    {"/log/burst", integer, 0, 1'000'000, "", "records per 10 s", live,
     "What one place in the code may log on behalf of one target; 0: no limit.",
     [](config& c) -> auto& { return c.log.burst; }},

    {"/plugins/dirs", text_list, 0, path_bytes, "", "", live,
     "Where a plugin named without a path is looked for, in this order.",
     [](config& c) -> auto& { return c.plugins.dirs; }},
    {"/plugins/instances/*/plugin", text, 1, path_bytes, "", "", live,
     "The plugin's name in a plugin directory, or the path of its .so file."},
    {"/plugins/instances/*/enabled", boolean, 0, 0, "", "", live, "Whether the instance is started with the daemon."},
    {"/plugins/instances/*/config",
     any_object,
     0,
     0,
     "",
     "",
     live,
     "Handed to the plugin as it is. What is in it is shown as far as the plugin's schema tells of it and does not "
     "mark "
     "it as secret; the rest to administrators only.",
     {},
     true},
    {"/plugins/instances/*/max_tasks", integer, 1, UINT64_MAX, "", "tasks", live,
     "Tasks that the instance may have at a time; left out: any number."},
    {"/plugins/instances/*/max_memory_bytes", integer, 65'536, UINT64_MAX, "", "bytes", live,
     "Task memory that the instance may have at a time; left out: any amount."},
    {"/plugins/instances/*/max_blocking_jobs", integer, 1, UINT64_MAX, "", "jobs", live,
     "Blocking jobs that the instance may have queued and running at a time; left out: any number."},
    {"/plugins/instances/*/cpu_quota_percent", integer, 1, 100'000, "", "percent of one CPU", live,
     "Time that the instance may use, in polls of its tasks and in blocking jobs, in every 10 ms and always; changed "
     "while it runs; left out: any amount."},
    {"/plugins/instances/*/on_fault", choice, 0, 0, "log|stop|quarantine|abort", "", live,
     "What follows a panic of one of its tasks, or a call that breaks a rule, within a second. log: a record and an "
     "event, as always; stop: the instance is stopped, and shown as failed; quarantine: that, and its plugin is not "
     "started with the daemon any more, until plugin.clear_quarantine; abort: the daemon ends with a report; left out: "
     "log. While the daemon drains it is always log."},
    {"/plugins/instances/*/may_resize", boolean, 0, 0, "", "", live,
     "Whether the instance may change the number of worker threads of the daemon; left out: false."},
    {"/plugins/init_timeout_ms", integer, 1, hour_ms, "", "ms", live,
     "How long a plugin's init may take; an instance that needs longer is quarantined.",
     [](config& c) -> auto& { return c.plugins.init_timeout_ms; }},
    {"/plugins/unload_deadline_ms", integer, 1, hour_ms, "", "ms", live,
     "How long stopping one instance may take before its tasks are cancelled.",
     [](config& c) -> auto& { return c.plugins.unload_deadline_ms; }},
    {"/plugins/abort_grace_ms", integer, 1, hour_ms, "", "ms", live,
     "How long cancelled tasks may take to end; an instance that needs longer is quarantined.",
     [](config& c) -> auto& { return c.plugins.abort_grace_ms; }},
    {"/plugins/call_timeout_ms", integer, 1, hour_ms, "", "ms", live,
     "How long a plugin may take to answer a call of one of its control methods.",
     [](config& c) -> auto& { return c.plugins.call_timeout_ms; }},

    {"/shutdown/deadline_ms", integer, 1, hour_ms, "", "ms", live,
     "How long all plugins together may drain after SIGTERM.",
     [](config& c) -> auto& { return c.shutdown.deadline_ms; }},

    {"/watchdog/policy", choice, 0, 0, "control|any_worker|all_workers", "", live,
     "When the service manager's watchdog is fed. control: while the control thread runs; any_worker: and no poll is "
     "stuck; all_workers: and not every worker is stuck in one poll.",
     [](config& c) -> auto& { return c.watchdog.policy; }},
    {"/watchdog/stuck_after_ms", integer, 10, hour_ms, "", "ms", live,
     "How long one poll may last before its worker counts as stuck.",
     [](config& c) -> auto& { return c.watchdog.stuck_after_ms; }},

    {"/console/always", boolean, 0, 0, "", "", live,
     "Whether polls, wakes and times of each task, resources and what waits for them are written down also while "
     "nobody "
     "has subscribed to the topics tasks, resources or async_ops.",
     [](config& c) -> auto& { return c.console.always; }},
    {"/console/max_tasks", integer, 64, 65'536, "", "tasks", restart,
     "About how many tasks are written down at a time, ended ones among them, and as many resources and operations; "
     "about 4 KiB of memory for each once somebody listens.",
     [](config& c) -> auto& { return c.console.max_tasks; }},
    {"/console/retention_ms", integer, 120'000, day_ms, "", "ms", live,
     "How long a task that has ended is kept, as long as there is room.",
     [](config& c) -> auto& { return c.console.retention_ms; }},
    {"/console/never_yielded_ms", integer, 1, hour_ms, "", "ms", live,
     "The lint never_yielded: how long a task's first poll may last.",
     [](config& c) -> auto& { return c.console.never_yielded_ms; }},
    {"/console/lost_waker_ms", integer, 1, hour_ms, "", "ms", live,
     "The lint lost_waker: how long the tasks of an instance may wait while it holds nothing that would wake them.",
     [](config& c) -> auto& { return c.console.lost_waker_ms; }},
    {"/console/allow", text_list, 0, 256, "", "", live,
     "Lints that are not looked for: self_wakes, never_yielded, large_future, or all.",
     [](config& c) -> auto& { return c.console.allow; }},
};

// log.set, runtime.resize, runtime.blocking, watchdog.set and plugin.enable change them, and need no more.
constexpr std::string_view for_operators[] = {"/runtime/worker_threads",
                                              "/runtime/max_blocking_threads",
                                              "/runtime/thread_keep_alive_ms",
                                              "/runtime/stuck_after_ms",
                                              "/log/level",
                                              "/log/targets/*",
                                              "/watchdog/policy",
                                              "/watchdog/stuck_after_ms",
                                              "/plugins/instances/*/enabled"};

bool lies_below(std::string_view pattern, std::string_view parent) {
  return pattern.size() > parent.size() && pattern.starts_with(parent) && pattern[parent.size()] == '/';
}

std::string_view next_name(std::string_view pattern, std::string_view parent) {
  const auto rest = pattern.substr(parent.size() + 1);
  return rest.substr(0, rest.find('/'));
}

std::string unescaped(std::string_view token) {
  std::string text;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size();
    text.push_back(!escape ? token[i] : token[++i] == '1' ? '/' : '~');
  }
  return text;
}

std::string with_commas(std::string_view choices) {
  std::string text;
  for (const char c : choices) c == '|' ? text += ", " : text += c;
  return text;
}

}  // namespace

std::string_view name(apply when) { return when == live ? "live" : "restart"; }

std::span<const setting> settings() { return table; }

const setting* find_setting(std::string_view pattern) {
  const auto* found = std::ranges::find(table, pattern, &setting::pattern);
  return found == std::end(table) ? nullptr : found;
}

apply apply_of(std::string_view pattern) {
  apply all = restart;
  for (const setting& row : table) {
    if (row.pattern != pattern && !lies_below(row.pattern, pattern)) continue;
    all = row.when;
    if (all == restart) break;
  }
  return all;
}

bool is_for_operators(std::string_view pattern) {
  bool any = false;
  for (const setting& row : table) {
    if (row.pattern != pattern && !lies_below(row.pattern, pattern)) continue;
    if (std::ranges::find(for_operators, row.pattern) == std::end(for_operators)) return false;
    any = true;
  }
  return any;
}

section section_at(std::string_view pattern) {
  for (const setting& row : table)
    if (lies_below(row.pattern, pattern))
      return next_name(row.pattern, pattern) == "#" ? section::array : section::object;
  return section::none;
}

std::string child_pattern(std::string_view pattern, std::string_view name) {
  for (const setting& row : table) {
    if (!lies_below(row.pattern, pattern)) continue;
    const auto known = next_name(row.pattern, pattern);
    if (known == name || known == "*" || known == "#") return std::string(pattern).append("/").append(known);
  }
  return {};
}

std::string pattern_of(std::string_view pointer) {
  std::string pattern;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const auto token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    pattern = child_pattern(pattern, unescaped(token));
    const setting* row = find_setting(pattern);
    if (pattern.empty() || (row && row->what == any_object)) return pattern;
  }
  return pattern;
}

std::vector<std::string> names_below(std::string_view pattern) {
  std::vector<std::string> names;
  for (const setting& row : table) {
    if (!lies_below(row.pattern, pattern)) continue;
    const std::string known(next_name(row.pattern, pattern));
    if (known == "*" || known == "#") return {};
    if (names.empty() || names.back() != known) names.push_back(known);
  }
  return names;
}

std::string expectation(const setting& row) {
  switch (row.what) {
    case integer: return "an integer " + std::to_string(row.minimum) + ".." + std::to_string(row.maximum);
    case boolean: return "true or false";
    case text:
      return std::string("a text of ") + std::to_string(row.minimum) + ".." + std::to_string(row.maximum) + " bytes";
    case choice: return "one of " + with_commas(row.choices);
    case file_mode: return "permission bits as a text such as \"0660\"";
    case text_list: return "an array of texts";
    case any_object: return "an object";
  }
  return {};
}

}  // namespace tokiod::config
