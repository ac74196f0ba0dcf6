#include "app/daemon_export.hpp"

#include <utility>

#include "app/build_commit.hpp"
#include "app/metric_rows.hpp"
#include "app/show.hpp"
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

std::vector<metric_family> limit_families(const control::limits& of) {
  using control::limits;
  constexpr auto gauge = metric_type::gauge;
  static constexpr metric_row<limits> rows[] = {
      {"tokiod_control_max_clients", "", "Control connections served at a time; root has some more.",
       [](const limits& l) { return number(l.max_clients); }, gauge},
      {"tokiod_control_max_depth", "", "How deep a request may nest.",
       [](const limits& l) { return number(l.max_depth); }, gauge},
      {"tokiod_control_max_values", "", "How many values a request may hold.",
       [](const limits& l) { return number(l.max_values); }, gauge},
      {"tokiod_control_max_in_flight", "", "Unanswered requests of one connection.",
       [](const limits& l) { return number(l.max_in_flight); }, gauge},
      {"tokiod_control_max_events", "", "Events waiting for one subscription.",
       [](const limits& l) { return number(l.ring_messages); }, gauge},
      {"tokiod_control_max_kept_events", "", "Events kept for clients that come back.",
       [](const limits& l) { return number(l.kept_events); }, gauge},
      {"tokiod_control_max_request_bytes", "bytes", "The longest request line.",
       [](const limits& l) { return number(l.max_request_bytes); }, gauge},
      {"tokiod_control_max_output_bytes", "bytes", "Output waiting for one client, beyond which it is not read.",
       [](const limits& l) { return number(l.max_output_bytes); }, gauge},
      {"tokiod_control_read_timeout_seconds", "seconds", "How long a request line may take.",
       [](const limits& l) { return seconds(l.read_timeout); }, gauge},
      {"tokiod_control_idle_timeout_seconds", "seconds", "After how long a silent connection is closed.",
       [](const limits& l) { return seconds(l.idle_timeout); }, gauge},
      {"tokiod_control_write_timeout_seconds", "seconds", "How long a client may take nothing of its output.",
       [](const limits& l) { return seconds(l.write_timeout); }, gauge},
  };
  std::vector<metric_family> all;
  add_rows(all, rows, {{{}, &of}});
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
