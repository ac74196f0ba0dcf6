// Plugins, as their registry knows them: control/backend/plugin.hpp for the running daemon.
// Threads: as that file says.
#pragma once
#include "app/live/parts.hpp"
#include "control/backend/plugin.hpp"

namespace tokiod::app {

class live_plugin : public virtual control::plugin_face {
 public:
  explicit live_plugin(const live_parts& parts) : parts_(parts) {}

  [[nodiscard]] std::vector<host::image_view> plugins() const override;
  [[nodiscard]] outcome<host::image_info> plugin(std::string_view name) const override;
  [[nodiscard]] outcome<host::instance_view> instance(std::string_view name) const override;
  [[nodiscard]] outcome<host::inspection> inspect(const std::string& path_or_name) const override;
  [[nodiscard]] host::scan_result scan() const override;
  outcome<host::load_report> load(const host::load_request& request) override;
  outcome<host::unload_report> unload(std::string_view plugin, const control::drain_order& drain) override;
  outcome<host::reload_report> reload(std::string_view plugin, const std::string& path,
                                      const control::drain_order& drain) override;
  outcome<host::instance_view> start(const host::start_request& request) override;
  outcome<host::instance_view> start_again(std::string_view instance) override;
  outcome<host::stop_report> stop(std::string_view instance, const control::drain_order& drain) override;
  outcome<host::instance_view> restart(std::string_view instance, const control::drain_order& drain) override;
  outcome<void> clear_quarantine(std::string_view plugin) override;
  outcome<host::call_id> call(std::string_view instance, std::string_view method, std::string params,
                              std::shared_ptr<host::call_listener> listener,
                              std::optional<duration_ns> timeout) override;
  void cancel_call(host::call_id id) override;

 private:
  const live_parts parts_;
};

}  // namespace tokiod::app
