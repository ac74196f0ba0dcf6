#include "app/instances.hpp"

#include <algorithm>

#include "app/crash_loop.hpp"
#include "base/log.hpp"

namespace tokiod::app {
namespace {

constexpr std::string_view instances_prefix = "/plugins/instances/";

bool is_path(const std::string& plugin) { return plugin.find('/') != std::string::npos; }

// The name of the loaded image that the setting means, or nothing.
std::optional<std::string> loaded_image(const host::registry& plugins, const std::string& plugin) {
  for (const auto& image : plugins.list()) {
    if (image.state != host::image_state::loaded) continue;
    if (is_path(plugin) ? image.path == plugin : image.name == plugin || image.id == plugin) return image.name;
  }
  return {};
}

outcome<std::string> image_for(host::registry& plugins, const std::string& plugin) {
  if (auto there = loaded_image(plugins, plugin)) return *there;
  const auto report = plugins.load(is_path(plugin) ? host::load_request{.path = plugin, .name = {}}
                                                   : host::load_request{.path = {}, .name = plugin});
  if (!report) return std::unexpected(report.error());
  for (const auto& warning : report->warnings) log::warn("host", warning, {{"plugin", report->plugin}});
  return report->plugin;
}

bool is_up(host::instance_state state) {
  return state == host::instance_state::starting || state == host::instance_state::running;
}

outcome<void> take_down(host::registry& plugins, const std::string& name) {
  const auto there = plugins.instance(name);
  if (!there || !is_up(there->state)) return {};
  if (const auto stopped = plugins.stop(name); !stopped) return std::unexpected(stopped.error());
  return {};
}

outcome<void> put_up(host::registry& plugins, const std::string& name, const config::plugin_instance& as) {
  const auto up = bring_up(plugins, name, as);
  if (up) return {};
  refusal why = up.error();
  why.sentence = "instance " + name + " did not start: " + why.sentence;
  return std::unexpected(std::move(why));
}

std::uint32_t cpu_percent(const config::plugin_instance& as) {
  return static_cast<std::uint32_t>(as.cpu_quota_percent);
}

// Takes a member out of both; true: it was not the same.
bool take_out(wire::json& from, wire::json& to, const char* member) {
  const auto value_in = [member](const wire::json& object) { return object.value(member, wire::json()); };
  const bool changed = value_in(from) != value_in(to);
  from.erase(member);
  to.erase(member);
  return changed;
}

std::string name_in(const config::change& c) { return c.path.substr(instances_prefix.size()); }

// What changed of an instance that was there and is there.
struct parts_changed {
  bool configured = false, limited = false, blamed = false, more = false;
};

parts_changed parts_of(const config::change& c) {
  wire::json from = c.from, to = c.to;
  parts_changed parts;
  parts.configured = take_out(from, to, "config");
  parts.limited = take_out(from, to, "cpu_quota_percent");
  parts.blamed = take_out(from, to, "on_fault");  // asked for at each fault
  parts.more = from != to;
  return parts;
}

// Also where the documents say the same: a credential has another text.
bool has_other_config(const outcome<host::instance_view>& now, const config::plugin_instance& next) {
  return now && now->config != next.config;
}

// It cannot take the change while it runs, so it is stopped and started.
bool needs_restart(kind why) { return why == kind::needs_restart || why == kind::wrong_state; }

outcome<bool> took_it_live(host::registry& plugins, const config::change& c, const config::plugin_instance& next) {
  if (!c.from.is_object() || !c.to.is_object() || !next.enabled) return false;
  const auto parts = parts_of(c);
  if (parts.more) return false;
  if (parts.configured || has_other_config(plugins.instance(name_in(c)), next))
    if (const auto taken = plugins.configure(name_in(c), next.config); !taken) {
      if (needs_restart(taken.error().why)) return false;
      return std::unexpected(taken.error());
    }
  return !parts.limited || plugins.limit_cpu(name_in(c), cpu_percent(next)).has_value();
}

// A plugin that is not loaded yet has a file that could be.
outcome<void> can_be_loaded(const host::registry& plugins, const config::plugin_instance& as) {
  if (!as.enabled || loaded_image(plugins, as.plugin)) return {};
  if (const auto seen = plugins.inspect(as.plugin); !seen) return std::unexpected(seen.error());
  return {};
}

}  // namespace

outcome<host::instance_view> bring_up(host::registry& plugins, const std::string& name,
                                      const config::plugin_instance& as) {
  const auto image = image_for(plugins, as.plugin);
  if (!image) return std::unexpected(image.error());
  host::start_request request;
  request.plugin = *image;
  request.instance = name;
  request.config = as.config;
  request.limits = {.max_tasks = as.max_tasks,
                    .max_bytes = as.max_memory_bytes,
                    .max_jobs = as.max_blocking_jobs,
                    .cpu_percent = cpu_percent(as),
                    .may_resize = as.may_resize};
  return plugins.start(request);
}

std::vector<std::string> start_instances(host::registry& plugins, const config::config& values,
                                         const std::map<std::string, std::string>& held_back) {
  std::vector<std::string> problems;
  for (const auto& [name, as] : values.plugins.instances) {
    if (!as.enabled) continue;
    const auto why = held_back.find(plugin_name(as.plugin));
    if (why != held_back.end())
      problems.push_back("instance " + name + " is not started: " + why->first + " is quarantined: " + why->second);
    else if (const auto up = put_up(plugins, name, as); !up)
      problems.push_back(up.error().sentence);
  }
  return problems;
}

outcome<std::string> plan_instance(host::registry& plugins, const config::change& c, const config::config& next,
                                   bool ask) {
  const std::string name = name_in(c);
  const auto as = next.plugins.instances.find(name);
  if (as == next.plugins.instances.end()) return "live";
  if (ask)
    if (const auto there = can_be_loaded(plugins, as->second); !there) return std::unexpected(there.error());
  const auto runs = plugins.instance(name);
  if (!runs || !is_up(runs->state) || !as->second.enabled || c.from.is_null()) return "live";
  const std::string restart = "restart_plugin:" + name;
  const auto parts = parts_of(c);
  const bool configured = parts.configured || has_other_config(runs, as->second);
  if (parts.more || (configured && !ask)) return restart;
  if (!configured) return "live";
  const auto taken = plugins.configure(name, as->second.config, true);
  if (taken) return "live";
  if (needs_restart(taken.error().why)) return restart;
  return std::unexpected(taken.error());
}

outcome<void> follow_instance(host::registry& plugins, const config::change& c, const config::config& next) {
  const std::string name = name_in(c);
  const auto as = next.plugins.instances.find(name);
  if (as == next.plugins.instances.end()) return take_down(plugins, name);
  const auto live = took_it_live(plugins, c, as->second);
  if (!live) return std::unexpected(live.error());
  if (*live) return {};
  if (const auto down = take_down(plugins, name); !down) return down;
  if (as->second.enabled) return put_up(plugins, name, as->second);
  return {};
}

bool is_instance(const config::change& c) { return c.path.starts_with(instances_prefix); }

}  // namespace tokiod::app
