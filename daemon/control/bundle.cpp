#include "control/bundle.hpp"

#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "control/doctor.hpp"
#include "control/prometheus.hpp"
#include "control/tar.hpp"
#include "control/view/daemon.hpp"
#include "control/view/diag.hpp"
#include "control/view/plugin.hpp"
#include "control/view/runtime.hpp"
#include "control/view/task.hpp"
#include "wire/parse.hpp"

namespace tokiod::control {
namespace {

constexpr std::size_t most_tasks = 1000;
constexpr std::string_view cut_mark = "\n[cut]\n";

class collection {
 public:
  explicit collection(std::int64_t unix_seconds) : archive_(unix_seconds) {}

  void add(const std::string& name, std::string text) {
    if (text.size() > most_part_bytes) text.replace(most_part_bytes, std::string::npos, cut_mark);
    if (archive_.size() + text.size() + 4096 <= most_bundle_bytes) archive_.add("tokiod/" + name, text);
  }
  void add(const std::string& name, const json& document) { add(name + ".json", wire::dump_indented(document) + "\n"); }
  [[nodiscard]] std::string finish() && { return std::move(archive_).finish(); }

 private:
  tar_archive archive_;
};

template <class All>
json views(const All& all) {
  json list = json::array();
  for (const auto& one : all) list.push_back(view(one));
  return list;
}

json doctor_view(const backend& daemon) {
  return views(diagnose({.lints = daemon.lints(1000).findings,
                         .checks = daemon.health(),
                         .metrics = daemon.metrics(),
                         .runtime = daemon.runtime()}));
}

void add_tasks(const backend& daemon, collection& into) {
  json tasks = json::array(), traces = json::array();
  task_query query;
  query.limit = most_tasks;
  for (const auto& one : daemon.tasks(query).tasks) tasks.push_back(view(one, true));
  for (const auto& one : daemon.traces(query).tasks) traces.push_back(view(one));
  into.add("tasks", tasks);
  into.add("traces", traces);
}

void add_plugins(const backend& daemon, collection& into) {
  json plugins = json::array();
  for (const auto& one : daemon.plugins()) plugins.push_back(view(one, config::audience::everybody));
  into.add("plugins", plugins);
  config_query whole;
  whole.origin = true;
  const auto config = daemon.config_get(whole, config::audience::everybody);
  if (config) into.add("config", *config);
}

}  // namespace

std::string bundle_of(const backend& daemon) {
  collection all(wall_clock_ns() / 1'000'000'000);
  all.add("doctor", doctor_view(daemon));
  all.add("daemon", view(daemon.info(), daemon.state()));
  all.add("health", view(health_of(daemon.health()), true));
  all.add("runtime", view(daemon.runtime()));
  all.add("workers", views(daemon.workers()));
  all.add("lints", views(daemon.lints(1000).findings));
  all.add("stacks", views(daemon.stacks({.all_threads = true, .worker = {}, .within = second}).threads));
  all.add("slow_polls", views(daemon.slow_polls()));
  all.add("slow_jobs", views(daemon.slow_jobs()));
  all.add("metrics.txt", prometheus_text(daemon.metrics()));
  add_plugins(daemon, all);
  add_tasks(daemon, all);
  for (auto& [name, text] : daemon.crash_reports()) all.add("crash/" + name, std::move(text));
  return std::move(all).finish();
}

}  // namespace tokiod::control
