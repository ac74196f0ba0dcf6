// Carries changes of the configuration out on the parts of the running daemon: all of them, or none.
// Invariant: the order of steps is that of the list in commit(); what was done is taken back in reverse order when a
//            later step refuses. A step that cannot refuse comes last.
// Threads:   [any but a worker, one change at a time].
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "app/live_config.hpp"
#include "host/registry.hpp"

namespace tokiod::app {

class config_carrier {
 public:
  // The parts that follow a configuration, besides plugins.
  struct followers {
    std::function<outcome<void>(const config::config&)> control;  // limits and access
    std::function<outcome<void>(std::uint32_t)> workers;          // so many
    // Those that never refuse: log levels, console, numbers of the runtime.
    std::function<void(const std::vector<config::change>&, const config::config&)> others;
  };

  config_carrier(host::registry& plugins, followers parts) : plugins_(plugins), parts_(std::move(parts)) {}

  [[nodiscard]] std::vector<verdict> prepare(const std::vector<config::change>& changes, const config::loaded& next,
                                             bool ask);
  // Fails: refused and whatever a part says; `path` names the change.
  [[nodiscard]] outcome<void> commit(const std::vector<config::change>& changes, const config::loaded& before,
                                     const config::loaded& next);

 private:
  using undo_list = std::vector<std::function<outcome<void>()>>;
  [[nodiscard]] outcome<void> carry(const std::vector<config::change>& changes, const config::loaded& before,
                                    const config::loaded& next, undo_list& undo);
  [[nodiscard]] outcome<void> follow_workers(const config::change& c, const config::loaded& before,
                                             const config::loaded& next, undo_list& undo);

  host::registry& plugins_;
  const followers parts_;
};

}  // namespace tokiod::app
