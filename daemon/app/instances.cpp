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

void take_down(host::registry& plugins, const std::string& name, std::vector<std::string>& problems) {
  const auto there = plugins.instance(name);
  if (!there || !is_up(there->state)) return;
  if (const auto stopped = plugins.stop(name); !stopped) problems.push_back(stopped.error().sentence);
}

void put_up(host::registry& plugins, const std::string& name, const config::plugin_instance& as,
            std::vector<std::string>& problems) {
  if (const auto up = bring_up(plugins, name, as); !up)
    problems.push_back("instance " + name + " did not start: " + up.error().sentence);
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

// True when the running instance took all that changed without being stopped.
bool took_it_live(host::registry& plugins, const config::change& c, const config::plugin_instance& next) {
  wire::json from = c.from, to = c.to;
  if (!from.is_object() || !to.is_object()) return false;
  const std::string name = c.path.substr(instances_prefix.size());
  const bool configured = take_out(from, to, "config"), limited = take_out(from, to, "cpu_quota_percent");
  if (from != to || !next.enabled) return false;
  if (configured && !plugins.configure(name, next.config)) return false;
  return !limited || plugins.limit_cpu(name, cpu_percent(next)).has_value();
}

void follow_instance(host::registry& plugins, const config::change& c, const config::config& next,
                     std::vector<std::string>& problems) {
  const std::string name = c.path.substr(instances_prefix.size());
  const auto as = next.plugins.instances.find(name);
  if (as == next.plugins.instances.end()) return take_down(plugins, name, problems);
  if (took_it_live(plugins, c, as->second)) return;
  take_down(plugins, name, problems);
  if (as->second.enabled) put_up(plugins, name, as->second, problems);
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
    if (why == held_back.end())
      put_up(plugins, name, as, problems);
    else
      problems.push_back("instance " + name + " is not started: " + why->first + " is quarantined: " + why->second);
  }
  return problems;
}

std::vector<std::string> follow_plugin_changes(host::registry& plugins, const std::vector<config::change>& changes,
                                               const config::config& next) {
  std::vector<std::string> problems;
  for (const auto& c : changes) {
    if (c.path == "/plugins/dirs") plugins.set_dirs(next.plugins.dirs);
    if (c.path.starts_with(instances_prefix)) follow_instance(plugins, c, next, problems);
  }
  return problems;
}

}  // namespace tokiod::app
