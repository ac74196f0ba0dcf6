#include "app/live/plugin.hpp"

#include <set>
#include <string>
#include <utility>

#include "config/credentials.hpp"
#include "wire/parse.hpp"

namespace tokiod::app {

namespace {

// The registry has what the plugin was given, credentials among it; nobody else is to see these.
void hide_credentials(std::string& config, const std::set<std::string>& texts) {
  if (texts.empty()) return;
  auto value = wire::parse(config);
  if (!value) return;
  config::hide_credentials(*value, texts);
  config = wire::dump(*value);
}

outcome<host::instance_view> shown(const live_parts& parts, outcome<host::instance_view> found) {
  if (found) hide_credentials(found->config, parts.config.credentials());
  return found;
}

}  // namespace

std::vector<host::image_view> live_plugin::plugins() const {
  auto images = parts_.plugins.list();
  const auto texts = parts_.config.credentials();
  for (auto& image : images)
    for (auto& instance : image.instances) hide_credentials(instance.config, texts);
  return images;
}
outcome<host::image_info> live_plugin::plugin(std::string_view name) const {
  auto found = parts_.plugins.info(name);
  if (!found) return found;
  const auto texts = parts_.config.credentials();
  for (auto& instance : found->image.instances) hide_credentials(instance.config, texts);
  return found;
}
outcome<host::instance_view> live_plugin::instance(std::string_view name) const {
  return shown(parts_, parts_.plugins.instance(name));
}
outcome<host::inspection> live_plugin::inspect(const std::string& path_or_name) const {
  return parts_.plugins.inspect(path_or_name);
}
host::scan_result live_plugin::scan() const { return parts_.plugins.scan(); }
outcome<host::load_report> live_plugin::load(const host::load_request& request) { return parts_.plugins.load(request); }
outcome<host::unload_report> live_plugin::unload(std::string_view plugin, const control::drain_order& drain) {
  return parts_.plugins.unload(plugin, drain);
}
outcome<host::reload_report> live_plugin::reload(std::string_view plugin, const std::string& path,
                                                 const control::drain_order& drain) {
  return parts_.plugins.reload(plugin, path, drain);
}
outcome<host::instance_view> live_plugin::start(const host::start_request& request) {
  return shown(parts_, parts_.plugins.start(request));
}
outcome<host::instance_view> live_plugin::start_again(std::string_view instance) {
  return shown(parts_, parts_.plugins.start_again(instance));
}
outcome<host::stop_report> live_plugin::stop(std::string_view instance, const control::drain_order& drain) {
  return parts_.plugins.stop(instance, drain);
}
outcome<host::instance_view> live_plugin::restart(std::string_view instance, const control::drain_order& drain) {
  return shown(parts_, parts_.plugins.restart(instance, drain));
}
outcome<void> live_plugin::clear_quarantine(std::string_view plugin) {
  if (!parts_.plugins.holds_back(plugin)) return refuse(kind::not_found, "no plugin ", plugin, " is held back");
  if (auto cleared = parts_.crashes.clear(std::string(plugin)); !cleared) return cleared;
  parts_.plugins.release(plugin);
  return {};
}
outcome<host::call_id> live_plugin::call(std::string_view instance, std::string_view method, std::string params,
                                         std::shared_ptr<host::call_listener> listener,
                                         std::optional<duration_ns> timeout) {
  return parts_.plugins.call(instance, method, std::move(params), std::move(listener), timeout);
}
void live_plugin::cancel_call(host::call_id id) { parts_.plugins.cancel(id); }

}  // namespace tokiod::app
