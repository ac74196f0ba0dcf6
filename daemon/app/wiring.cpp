#include "app/wiring.hpp"

#include <cstdlib>
#include <utility>

namespace tokiod::app {
namespace {

std::uint32_t u32(std::uint64_t checked) { return static_cast<std::uint32_t>(checked); }  // bounds: config/setting.cpp

unsigned mode_of(const std::string& octal) { return static_cast<unsigned>(std::strtoul(octal.c_str(), nullptr, 8)); }

}  // namespace

unique_fd take_socket(std::vector<passed_socket>& passed, std::string_view name) {
  for (auto& s : passed)
    if (s.name == name) return std::move(s.fd);
  return unique_fd();
}

log::levels levels_of(const config::log_settings& s) {
  log::levels speak;
  speak.base = log::level_named(s.level).value_or(speak.base);
  for (const auto& [target, level] : s.targets) speak.targets[target] = log::level_named(level).value_or(speak.base);
  return speak;
}

runtime_options runtime_options_of(const config::runtime_settings& s) {
  runtime_options o;
  o.kind = s.flavor == "current_thread" ? flavor::current_thread : flavor::multi_thread;
  o.own_thread = true;  // nobody else drives a current_thread runtime here
  o.worker_threads = u32(s.worker_threads);
  o.max_blocking_threads = u32(s.max_blocking_threads);
  o.thread_keep_alive = s.thread_keep_alive_ms * millisecond;
  o.thread_stack_size = s.thread_stack_bytes;
  o.event_interval = u32(s.event_interval);
  o.global_queue_interval = u32(s.global_queue_interval);
  o.stuck_after = s.stuck_after_ms * millisecond;
  o.stuck_stacks = s.stuck_stacks;
  o.file_ring = s.fs_backend != "blocking";
  return o;
}

host::patience patience_of(const config::plugins_settings& s) {
  return {.init_timeout = s.init_timeout_ms * millisecond,
          .stop_deadline = s.unload_deadline_ms * millisecond,
          .abort_grace = s.abort_grace_ms * millisecond,
          .call_timeout = s.call_timeout_ms * millisecond};
}

host::registry_options registry_options_of(const config::plugins_settings& s) {
  host::registry_options o;
  o.dirs = s.dirs;
  const char* const runtime_dir = std::getenv("RUNTIME_DIRECTORY");  // systemd's; without it copies live in memory
  o.runtime_dir = runtime_dir ? runtime_dir : "";
  o.daemon_version = TOKIOD_VERSION;
  o.waits = patience_of(s);
  return o;
}

std::uint32_t kept_descriptors_of(const config::control_settings& s) {
  constexpr std::size_t for_the_rest = 32;
  return u32(limits_of(s).max_clients + limits_of(s).reserved_for_root + for_the_rest);
}

control::limits limits_of(const config::control_settings& s) {
  control::limits l;
  l.max_clients = s.max_clients;
  l.max_request_bytes = s.max_request_bytes;
  l.max_depth = s.max_depth;
  l.max_values = s.max_values;
  l.max_in_flight = s.max_in_flight;
  l.max_output_bytes = s.max_output_bytes;
  l.disconnect_output_bytes = 2 * s.max_output_bytes;
  l.ring_messages = s.max_events;
  l.ring_bytes = 1024 * s.max_events;
  l.kept_events = s.kept_events;
  l.kept_event_bytes = 420 * s.kept_events;
  l.read_timeout = s.read_timeout_ms * millisecond;
  l.idle_timeout = s.idle_timeout_ms * millisecond;
  l.write_timeout = s.write_timeout_ms * millisecond;
  return l;
}

std::vector<control::access_rule> access_of(const config::control_settings& s) {
  std::vector<control::access_rule> rules;
  for (const auto& from : s.access) {
    control::access_rule r;
    if (from.uid >= 0) r.uid = static_cast<uid_t>(from.uid);
    if (from.gid >= 0) r.gid = static_cast<gid_t>(from.gid);
    r.user = from.user;
    r.group = from.group;
    r.grants = wire::level_named(from.level).value_or(control::level::none);
    r.allow = from.allow;
    r.deny = from.deny;
    rules.push_back(std::move(r));
  }
  return rules;
}

control::server_options server_options_of(const config::control_settings& s, std::vector<passed_socket> passed) {
  control::server_options o;
  control::socket_options admin;
  admin.label = "control";
  admin.path = s.socket;
  admin.mode = mode_of(s.socket_mode);
  admin.group = s.socket_group;
  admin.passed = take_socket(passed, "control");
  admin.lock = take_socket(passed, "control.lock");
  o.sockets.push_back(std::move(admin));
  control::socket_options observe;
  observe.label = "observe";
  observe.path = s.observe_socket;
  observe.mode = mode_of(s.observe_socket_mode);
  observe.ceiling = control::level::observe;
  observe.passed = take_socket(passed, "control-ro");
  observe.lock = take_socket(passed, "control-ro.lock");
  if (observe.passed || !s.observe_socket.empty()) o.sockets.push_back(std::move(observe));
  auto page_socket = take_socket(passed, "page");
  if (const auto address = loopback_named(s.page_address)) {
    control::socket_options page;
    page.label = "page";
    page.ceiling = control::level::observe;
    page.loopback = *address;
    page.passed = std::move(page_socket);
    o.sockets.push_back(std::move(page));
  }
  for (const auto& left : passed)
    if (left.fd) log::warn("daemon", "a passed socket has a name nobody asked for", {{"name", left.name}});
  o.bounds = limits_of(s);
  o.access = access_of(s);
  o.version = TOKIOD_VERSION;
  return o;
}

}  // namespace tokiod::app
