#include "app/live/plugin.hpp"

#include <utility>

namespace tokiod::app {

std::vector<host::image_view> live_plugin::plugins() const { return parts_.plugins.list(); }
outcome<host::image_info> live_plugin::plugin(std::string_view name) const { return parts_.plugins.info(name); }
outcome<host::instance_view> live_plugin::instance(std::string_view name) const {
  return parts_.plugins.instance(name);
}
outcome<host::inspection> live_plugin::inspect(const std::string& path_or_name) const {
  return parts_.plugins.inspect(path_or_name);
}
host::scan_result live_plugin::scan() const { return parts_.plugins.scan(); }
outcome<host::load_report> live_plugin::load(const host::load_request& request) { return parts_.plugins.load(request); }
outcome<host::unload_report> live_plugin::unload(std::string_view plugin, control::drain_time drain) {
  return parts_.plugins.unload(plugin, drain);
}
outcome<host::reload_report> live_plugin::reload(std::string_view plugin, const std::string& path,
                                                 control::drain_time drain) {
  return parts_.plugins.reload(plugin, path, drain);
}
outcome<host::instance_view> live_plugin::start(const host::start_request& request) {
  return parts_.plugins.start(request);
}
outcome<host::instance_view> live_plugin::start_again(std::string_view instance) {
  return parts_.plugins.start_again(instance);
}
outcome<host::stop_report> live_plugin::stop(std::string_view instance, control::drain_time drain) {
  return parts_.plugins.stop(instance, drain);
}
outcome<host::instance_view> live_plugin::restart(std::string_view instance, control::drain_time drain) {
  return parts_.plugins.restart(instance, drain);
}
outcome<void> live_plugin::clear_quarantine(std::string_view plugin) {
  if (!parts_.plugins.holds_back(plugin)) return refuse(kind::not_found, "no plugin ", plugin, " is held back");
  if (auto cleared = parts_.crashes.clear(std::string(plugin)); !cleared) return cleared;
  parts_.plugins.release(plugin);
  return {};
}
outcome<host::call_id> live_plugin::call(std::string_view instance, std::string_view method, std::string params,
                                         std::shared_ptr<host::call_listener> listener, duration_ns timeout) {
  return parts_.plugins.call(instance, method, std::move(params), std::move(listener), timeout);
}
void live_plugin::cancel_call(host::call_id id) { parts_.plugins.cancel(id); }

}  // namespace tokiod::app
