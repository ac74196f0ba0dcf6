#include "config/check.hpp"

#include <algorithm>
#include <string>

#include "config/setting.hpp"
#include "wire/get.hpp"

namespace tokiod::config {
namespace {

using wire::json;

void read_rows(config& c, const json& effective) {
  for (const setting& row : settings()) {
    if (row.pattern.find_first_of("*#") != std::string_view::npos) continue;
    const json::json_pointer at{std::string(row.pattern)};
    if (!effective.contains(at) || effective[at].is_null()) continue;
    const json& value = effective[at];
    if (row.in.number) row.in.number(c) = value.get<std::uint64_t>();
    if (row.in.flag) row.in.flag(c) = value.get<bool>();
    if (row.in.text) row.in.text(c) = value.get<std::string>();
    if (row.in.list) row.in.list(c) = value.get<std::vector<std::string>>();
  }
}

access_rule rule_of(const json& value) {
  access_rule rule;
  rule.user = value.value("user", "");
  rule.group = value.value("group", "");
  rule.uid = value.value("uid", std::int64_t{-1});
  rule.gid = value.value("gid", std::int64_t{-1});
  rule.level = value.value("level", rule.level);
  rule.allow = value.value("allow", rule.allow);
  rule.deny = value.value("deny", rule.deny);
  return rule;
}

plugin_instance instance_of(const json& value) {
  plugin_instance instance;
  instance.plugin = value.value("plugin", "");
  instance.enabled = value.value("enabled", true);
  instance.max_tasks = value.value("max_tasks", instance.max_tasks);
  instance.max_memory_bytes = value.value("max_memory_bytes", instance.max_memory_bytes);
  instance.max_blocking_jobs = value.value("max_blocking_jobs", instance.max_blocking_jobs);
  instance.cpu_quota_percent = value.value("cpu_quota_percent", instance.cpu_quota_percent);
  if (value.contains("config")) instance.config = wire::dump(value["config"]);
  return instance;
}

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

class whole_checker {
 public:
  whole_checker(const std::map<std::string, std::string>& origins, faults& found) : origins_(origins), found_(found) {}

  void sockets(const control_settings& c) {
    if (c.socket == c.observe_socket)
      report(kind::conflict, "/control/observe_socket", "is the path of the control socket too, " + c.socket);
  }
  void workers(const runtime_settings& r) {
    if (r.flavor == "current_thread" && r.worker_threads > 1)
      report(kind::conflict, std::string(worker_threads_pattern),
             "is " + std::to_string(r.worker_threads) + ", but the flavor current_thread has exactly one");
  }
  void access(const std::vector<access_rule>& rules) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const access_rule& r = rules[i];
      const int named = !r.user.empty() + !r.group.empty() + (r.uid >= 0) + (r.gid >= 0);
      if (named > 1)
        report(kind::invalid_config, "/control/access/" + std::to_string(i),
               "may name one of user, group, uid, gid, but names " + std::to_string(named));
    }
  }
  void instances(const std::map<std::string, plugin_instance>& all) {
    for (const auto& [name, instance] : all) {
      const std::string path = wire::pointer("/plugins/instances", name);
      if (!is_name(name)) report(kind::out_of_range, path, "must be named with 1..64 of a-z, 0-9, _ and -");
      if (instance.plugin.empty()) report(kind::missing_param, path, "names no plugin: add \"plugin\": \"NAME\"");
    }
  }

 private:
  void report(kind why, const std::string& path, const std::string& fact) {
    const auto origin = origins_.find(path);
    found_.push_back({why, path, origin == origins_.end() ? "" : origin->second, path + " " + fact, {}, {}, {}});
  }

  const std::map<std::string, std::string>& origins_;
  faults& found_;
};

}  // namespace

config values_of(const wire::json& effective) {
  config c;
  read_rows(c, effective);
  const json nothing;
  const auto section = [&](const char* pointer) -> const json& {
    const json::json_pointer at(pointer);
    return effective.contains(at) ? effective[at] : nothing;
  };
  for (const json& value : section("/control/access")) c.control.access.push_back(rule_of(value));
  for (const auto& [target, level] : section("/log/targets").items()) c.log.targets[target] = level.get<std::string>();
  for (const auto& [name, value] : section("/plugins/instances").items())
    c.plugins.instances[name] = instance_of(value);
  return c;
}

void check_whole(const config& c, const std::map<std::string, std::string>& origins, faults& found) {
  whole_checker check(origins, found);
  check.workers(c.runtime);
  check.sockets(c.control);
  check.access(c.control.access);
  check.instances(c.plugins.instances);
}

}  // namespace tokiod::config
