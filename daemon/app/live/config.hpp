// The configuration in force: control/backend/config.hpp for the running daemon.
// Threads: as that file says.
#pragma once
#include "app/live/parts.hpp"
#include "control/backend/config.hpp"

namespace tokiod::app {

class live_settings : public virtual control::config_face {
 public:
  explicit live_settings(const live_parts& parts) : parts_(parts) {}

  [[nodiscard]] control::config_status config() const override;
  [[nodiscard]] std::optional<duration_ns> config_left(std::string_view path) const override {
    return parts_.passing.left(path);
  }
  [[nodiscard]] wire::json config_status_view() const override;
  [[nodiscard]] outcome<wire::json> config_get(const control::config_query& asked, config::audience to) const override;
  [[nodiscard]] outcome<wire::json> config_schema(std::string_view path) const override;
  [[nodiscard]] wire::json config_layers(config::audience to) const override;
  [[nodiscard]] wire::json config_history(std::size_t limit) const override;
  [[nodiscard]] wire::json config_check(const wire::json& document, bool is_patch) const override;
  [[nodiscard]] outcome<wire::json> config_diff(std::string_view from, std::string_view to) const override;
  [[nodiscard]] wire::json config_drift() const override;
  [[nodiscard]] wire::answer config_reload(const control::config_order& order) override;
  [[nodiscard]] wire::answer config_patch(const wire::json& patch, std::string_view how,
                                          const control::config_order& order) override;
  [[nodiscard]] wire::answer config_operate(const wire::json& operations, const control::config_order& order) override;
  [[nodiscard]] wire::answer config_unset(std::string_view path, const control::config_order& order) override;
  [[nodiscard]] wire::answer config_rollback(std::uint64_t to, const control::config_order& order) override;
  [[nodiscard]] wire::answer config_save(const control::config_order& order) override;
  outcome<void> config_confirm(std::uint64_t revision) override;

 private:
  [[nodiscard]] wire::answer change_for_a_time(const wire::json& patch, std::string_view how,
                                               const control::config_order& order);
  [[nodiscard]] wire::answer change(const config_edit& edit, std::string_view how, const control::config_order& order);
  // One end of a difference, as a configuration whose document is compared.
  [[nodiscard]] outcome<config::loaded> end_named(std::string_view name) const;

  const live_parts parts_;
};

// What plugins are configured with as their schemas let it be shown: of what is loaded now.
[[nodiscard]] config::schema_source schemas_of(const host::registry& plugins);

// One reload, told to the service manager and to the log: for SIGHUP and config.reload alike. Waits [any but a worker].
outcome<change_report> reload_now(const live_parts& parts, const change_order& order);
// Ends what was changed for a time, as far as it is over. Waits [any but a worker].
void end_passing(const live_parts& parts);
// Takes back what was not confirmed in time, if it is time. Waits [any but a worker].
void revert_now(const live_parts& parts);

}  // namespace tokiod::app
