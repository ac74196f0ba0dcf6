#include "app/daemon_export.hpp"

#include "app/metric_rows.hpp"
#include "host/abi_version.hpp"

namespace tokiod::app {

using control::metric_family;
using control::metric_type;

std::vector<metric_family> daemon_families(const reload_status& config) {
  constexpr auto gauge = metric_type::gauge;
  std::vector<metric_family> all;
  all.push_back({"tokiod_build_info",
                 metric_type::info,
                 "",
                 "What runs.",
                 {{{{"version", TOKIOD_VERSION}, {"compiler", __VERSION__}, {"abi", host::abi_version()}}, 1, {}}}});
  all.push_back(single("tokiod_config_revision", gauge, "", "Revision of the configuration in force; 1 at the start.",
                       number(config.revision)));
  all.push_back(single("tokiod_config_drift", gauge, "", "1 when a restart would load another configuration.",
                       config.drift ? 1 : 0));
  all.push_back({"tokiod_config_applies_total",
                 metric_type::counter,
                 "",
                 "Changes of the configuration, reloads among them.",
                 {{{{"outcome", "applied"}}, number(config.applied), {}},
                  {{{"outcome", "refused"}}, number(config.refused), {}},
                  {{{"outcome", "reverted"}}, number(config.reverted), {}}}});
  all.push_back(single("tokiod_config_last_reload_successful", gauge, "", "0 when the last reload was refused.",
                       config.last_ok ? 1 : 0));
  metric_family last{
      "tokiod_config_last_reload_timestamp_seconds", gauge, "seconds", "When the last reload ended.", {}};
  if (config.last_wall_ns != 0) last.samples.push_back({{}, static_cast<double>(config.last_wall_ns) / 1e9, {}});
  all.push_back(std::move(last));
  return all;
}

}  // namespace tokiod::app
