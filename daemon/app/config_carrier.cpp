#include "app/config_carrier.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

#include "app/instances.hpp"
#include "app/wiring.hpp"
#include "base/log.hpp"
#include "config/setting.hpp"

namespace tokiod::app {
namespace {

outcome<void> at(const std::string& path, outcome<void> done) {
  if (!done && done.error().path.empty()) done.error().path = path;
  return done;
}

config::change backwards(config::change c) {
  std::swap(c.from, c.to);
  return c;
}

}  // namespace

std::vector<verdict> config_carrier::prepare(const std::vector<config::change>& changes, const config::loaded& next,
                                             bool ask) {
  std::vector<verdict> verdicts;
  for (const auto& c : changes) {
    if (c.when == config::apply::restart) {
      verdicts.push_back({"restart_daemon", {}});
    } else if (!is_instance(c)) {
      verdicts.push_back({"live", {}});
    } else if (const auto plan = plan_instance(plugins_, c, next.values, ask)) {
      verdicts.push_back({*plan, {}});
    } else {
      verdicts.push_back({"rejected", plan.error()});
    }
  }
  return verdicts;
}

outcome<void> config_carrier::commit(const std::vector<config::change>& changes, const config::loaded& before,
                                     const config::loaded& next) {
  undo_list undo;
  auto done = carry(changes, before, next, undo);
  if (done) return done;
  for (const auto& back : undo | std::views::reverse)
    if (const auto undone = back(); !undone)
      log::error("config", "a change could not be taken back", {{"why", undone.error().sentence}});
  return done;
}

outcome<void> config_carrier::carry(const std::vector<config::change>& changes, const config::loaded& before,
                                    const config::loaded& next, undo_list& undo) {
  // 1  who may do what over the control socket, and how much of it
  undo.push_back([&] { return parts_.control(before.values); });
  if (auto done = at("/control", parts_.control(next.values)); !done) return done;
  // 2  how long plugins are waited for, in what follows, too
  undo.push_back([this, &before]() -> outcome<void> {
    plugins_.set_patience(patience_of(before.values.plugins));
    return {};
  });
  plugins_.set_patience(patience_of(next.values.plugins));
  for (const auto& c : changes) {
    if (c.when == config::apply::restart) continue;
    // 3  workers
    if (c.path == config::worker_threads_pattern)
      if (auto done = follow_workers(c, before, next, undo); !done) return done;
    // 4  where plugins are, and their instances
    if (c.path == "/plugins/dirs") {
      undo.push_back([this, &before]() -> outcome<void> {
        plugins_.set_dirs(before.values.plugins.dirs);
        return {};
      });
      plugins_.set_dirs(next.values.plugins.dirs);
    }
    if (!is_instance(c)) continue;
    undo.push_back([this, back = backwards(c), &before] { return follow_instance(plugins_, back, before.values); });
    if (auto done = at(c.path, follow_instance(plugins_, c, next.values)); !done) return done;
  }
  // 5  what never refuses
  parts_.others(changes, next.values);
  return {};
}

outcome<void> config_carrier::follow_workers(const config::change& c, const config::loaded& before,
                                             const config::loaded& next, undo_list& undo) {
  const auto of = [](const config::loaded& l) { return static_cast<std::uint32_t>(l.values.runtime.worker_threads); };
  undo.push_back([this, was = of(before)] { return parts_.workers(was); });
  return at(c.path, parts_.workers(of(next)));
}

}  // namespace tokiod::app
