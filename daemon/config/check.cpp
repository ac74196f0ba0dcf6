#include "config/check.hpp"

#include <string>

#include "base/accounts.hpp"
#include "base/loopback.hpp"
#include "config/setting.hpp"
#include "wire/get.hpp"
#include "wire/instance_name.hpp"

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

std::uint64_t count_or(const json& object, std::string_view key, std::uint64_t fallback) {
  const json* const value = wire::find(object, key);
  return value && value->is_number_unsigned() ? value->get<std::uint64_t>() : fallback;
}

std::vector<std::string> texts_of(const json& object, std::string_view key) {
  const json* const list = wire::find(object, key);
  return list && list->is_array() ? list->get<std::vector<std::string>>() : std::vector<std::string>();
}

access_rule rule_of(const json& value) {
  access_rule rule;
  rule.user = wire::text_or(value, "user");
  rule.group = wire::text_or(value, "group");
  rule.uid = wire::integer_or(value, "uid", -1);
  rule.gid = wire::integer_or(value, "gid", -1);
  rule.level = wire::text_or(value, "level", rule.level);
  rule.allow = texts_of(value, "allow");
  rule.deny = texts_of(value, "deny");
  return rule;
}

plugin_instance instance_of(const json& value) {
  plugin_instance instance;
  instance.plugin = wire::text_or(value, "plugin");
  instance.enabled = wire::boolean_or(value, "enabled", true);
  instance.max_tasks = count_or(value, "max_tasks", instance.max_tasks);
  instance.max_memory_bytes = count_or(value, "max_memory_bytes", instance.max_memory_bytes);
  instance.max_blocking_jobs = count_or(value, "max_blocking_jobs", instance.max_blocking_jobs);
  instance.cpu_quota_percent = count_or(value, "cpu_quota_percent", instance.cpu_quota_percent);
  instance.on_fault = wire::text_or(value, "on_fault", instance.on_fault);
  instance.may_resize = wire::boolean_or(value, "may_resize", instance.may_resize);
  if (const json* const own = wire::find(value, "config"); own && own->is_object()) instance.config = wire::dump(*own);
  return instance;
}

class whole_checker {
 public:
  whole_checker(const std::map<std::string, std::string>& origins, faults& found) : origins_(origins), found_(found) {}

  void sockets(const control_settings& c) {
    if (c.socket == c.observe_socket)
      report(kind::conflict, "/control/observe_socket", "is the path of the control socket too, " + c.socket);
    known("/control/socket_group", "group", c.socket_group, gid_named);
    if (!c.page_address.empty() && !loopback_named(c.page_address))
      report(kind::invalid_config, "/control/page_address",
             "is \"" + c.page_address + "\", but must be of the loopback, as 127.0.0.1:9465 or [::1]:9465");
  }
  void workers(const runtime_settings& r) {
    if (r.flavor == "current_thread" && r.worker_threads > 1)
      report(kind::conflict, std::string(worker_threads_pattern),
             "is " + std::to_string(r.worker_threads) + ", but the flavor current_thread has exactly one");
  }
  void access(const std::vector<access_rule>& rules) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const access_rule& r = rules[i];
      const std::string path = "/control/access/" + std::to_string(i);
      const int named = !r.user.empty() + !r.group.empty() + (r.uid >= 0) + (r.gid >= 0);
      if (named == 0) report(kind::missing_param, path, "names nobody: add one of user, group, uid, gid");
      if (named > 1)
        report(kind::invalid_config, path, "may name one of user, group, uid, gid, but names " + std::to_string(named));
      known(path + "/user", "user", r.user, uid_named);
      known(path + "/group", "group", r.group, gid_named);
    }
  }
  void instances(const std::map<std::string, plugin_instance>& all) {
    for (const auto& [name, instance] : all) {
      const std::string path = wire::pointer("/plugins/instances", name);
      if (!wire::is_instance_name(name))
        report(kind::out_of_range, path, "must be named with " + std::string(wire::instance_name_rule));
      if (instance.plugin.empty()) report(kind::missing_param, path, "names no plugin: add \"plugin\": \"NAME\"");
    }
  }

 private:
  // `look` is uid_named or gid_named.
  template <class Look>
  void known(const std::string& path, const char* what, const std::string& name, Look look) {
    if (name.empty()) return;
    const auto id = look(name);
    if (!id) return report(kind::io_error, path, "is \"" + name + "\": " + id.error().sentence);
    if (!*id) report(kind::invalid_config, path, "is \"" + name + "\", a " + what + " that this system does not know");
  }
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
  for (const auto& [target, level] : section("/log/targets").items())
    if (level.is_string()) c.log.targets[target] = level.get<std::string>();
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
