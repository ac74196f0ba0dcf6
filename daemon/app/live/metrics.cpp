#include "app/live/metrics.hpp"

#include <utility>

#include "app/daemon_export.hpp"
#include "app/metric_export.hpp"
#include "app/plugin_export.hpp"
#include "app/wiring.hpp"

namespace tokiod::app {

std::vector<control::metric_family> live_metrics::metrics() const {
  auto all = runtime_families(parts_.rt.metrics());
  for (auto& f : thread_families(parts_.rt.snapshot())) all.push_back(std::move(f));
  for (auto& f : plugin_families(parts_.plugins.list(), parts_.plugins.metrics())) all.push_back(std::move(f));
  for (auto& f : descriptor_families(parts_.plugins.descriptors())) all.push_back(std::move(f));
  parts_.config.glance_for_drift();
  for (auto& f : daemon_families(parts_.config.status())) all.push_back(std::move(f));
  for (auto& f : limit_families(limits_of(parts_.config.current()->values.control))) all.push_back(std::move(f));
  for (auto& f : manager_families(parts_.manager.pings())) all.push_back(std::move(f));
  for (auto& f : log_families(log::counts())) all.push_back(std::move(f));
  for (auto& f : parts_.diag.families()) all.push_back(std::move(f));
  for (auto& f : process_.families()) all.push_back(std::move(f));
  return all;
}

}  // namespace tokiod::app
