// Plugins, their instances and methods. A part of control/backend.hpp.
// Threads: as each part says.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/backend/common.hpp"
#include "host/registry.hpp"

namespace tokiod::control {

using host::drain_order;

class plugin_face {
 public:
  virtual ~plugin_face() = default;

  // ---- plugins: looking [control]; the registry's own values
  [[nodiscard]] virtual std::vector<host::image_view> plugins() const = 0;
  [[nodiscard]] virtual outcome<host::image_info> plugin(std::string_view name) const = 0;
  [[nodiscard]] virtual outcome<host::instance_view> instance(std::string_view name) const = 0;

  // ---- plugins: reading files [reader], doing [operation]
  [[nodiscard]] virtual outcome<host::inspection> inspect(const std::string& path_or_name) const = 0;
  [[nodiscard]] virtual host::scan_result scan() const = 0;
  virtual outcome<host::load_report> load(const host::load_request& request) = 0;
  virtual outcome<host::unload_report> unload(std::string_view plugin, const drain_order& drain) = 0;
  virtual outcome<host::reload_report> reload(std::string_view plugin, const std::string& path,
                                              const drain_order& drain) = 0;
  virtual outcome<host::instance_view> start(const host::start_request& request) = 0;
  virtual outcome<host::instance_view> start_again(std::string_view instance) = 0;
  virtual outcome<host::stop_report> stop(std::string_view instance, const drain_order& drain) = 0;
  virtual outcome<host::instance_view> restart(std::string_view instance, const drain_order& drain) = 0;

  // One that plugins() shows as held back. not_found, io_error.
  virtual outcome<void> clear_quarantine(std::string_view plugin) = 0;

  // ---- methods of plugins [control]: returns at once, the listener hears the rest on any thread, done() exactly once
  virtual outcome<host::call_id> call(std::string_view instance, std::string_view method, std::string params,
                                      std::shared_ptr<host::call_listener> listener,
                                      std::optional<duration_ns> timeout) = 0;
  virtual void cancel_call(host::call_id id) = 0;
};

}  // namespace tokiod::control
