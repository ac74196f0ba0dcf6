#include "app/daemon_export.hpp"

#include <utility>

#include "app/build_commit.hpp"
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
                 {{{{"version", TOKIOD_VERSION},
                    {"commit", build_commit},
                    {"compiler", __VERSION__},
                    {"abi", host::abi_version()}},
                   1,
                   {}}}});
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

std::vector<metric_family> manager_families(std::uint64_t watchdog_pings) {
  return {single("tokiod_watchdog_pings_total", metric_type::counter, "",
                 "Times that the service manager's watchdog was fed.", number(watchdog_pings))};
}

std::vector<metric_family> log_families(const log::record_counts& counts) {
  constexpr auto counter = metric_type::counter;
  metric_family records{"tokiod_log_records_total", counter, "", "Records of the log, by who wrote them.", {}};
  for (const auto& [target, by_level] : counts.by_target)
    for (std::size_t at = 0; at < by_level.size(); ++at)
      if (by_level[at] != 0)
        records.samples.push_back({{{"target", target}, {"level", std::string(log::name(static_cast<log::level>(at)))}},
                                   number(by_level[at]),
                                   {}});
  return {std::move(records),
          single("tokiod_log_dropped_total", counter, "", "Records that were lost because the log could not keep up.",
                 number(counts.dropped)),
          single("tokiod_log_suppressed_total", counter, "", "Records over the rate of the place that wrote them.",
                 number(counts.suppressed))};
}

}  // namespace tokiod::app
