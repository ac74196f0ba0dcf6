#include "control/task_stats.hpp"

#include <utility>

namespace tokiod::control {

using wire::json;

json view(const histogram_info& seen) {
  json buckets = json::array();
  for (const auto& [from, to, count] : seen.buckets)
    buckets.push_back({{"from", from}, {"to", to ? json(*to) : json(nullptr)}, {"count", count}});
  return {{"num_buckets", seen.num_buckets}, {"count", seen.count},
          {"sum_seconds", seen.sum_seconds}, {"p50_seconds", seen.p50_seconds},
          {"p99_seconds", seen.p99_seconds}, {"buckets", std::move(buckets)}};
}

json view(const times_info& seen) {
  json shown = view(seen.counted);
  shown["longer"] = {{"count", seen.longer}, {"longest_seconds", seen.longest_seconds}};
  return shown;
}

json view(const task_stats& stats, bool histograms) {
  json shown = {{"kind", stats.kind},
                {"from_birth", stats.from_birth},
                {"bytes", stats.bytes},
                {"created", stats.created},
                {"total_seconds", stats.total_seconds},
                {"busy_seconds", stats.busy_seconds},
                {"scheduled_seconds", stats.scheduled_seconds},
                {"idle_seconds", stats.idle_seconds},
                {"polls", stats.polls},
                {"wakes", stats.wakes},
                {"self_wakes", stats.self_wakes},
                {"warnings", json::array()}};
  for (const auto& [name, moment] :
       {std::pair("dropped", stats.dropped), std::pair("last_wake", stats.last_wake),
        std::pair("first_poll", stats.first_poll), std::pair("last_poll_started", stats.last_poll_started),
        std::pair("last_poll_ended", stats.last_poll_ended)})
    if (moment != 0) shown[name] = moment;
  if (!stats.end.empty()) shown["end"] = stats.end;
  if (!stats.parent.empty()) shown["parent"] = stats.parent;
  if (!stats.function.empty()) shown["function"] = stats.function;
  if (stats.column != 0) shown["column"] = stats.column;
  for (const auto& one : stats.warnings) shown["warnings"].push_back({{"lint", one.lint}, {"sentence", one.sentence}});
  if (!histograms) return shown;
  shown["poll_times"] = view(stats.poll_times);
  shown["scheduled_times"] = view(stats.scheduled_times);
  return shown;
}

}  // namespace tokiod::control
