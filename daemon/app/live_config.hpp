// The configuration in force, and how it is replaced by what the files say now.
// Invariant: a reload either takes effect as a whole or leaves everything as it was; current() never changes in place.
// Threads:   current, status, check, get [any]; reload [any but a worker; one at a time, the others wait].
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "config/diff.hpp"
#include "config/load.hpp"
#include "config/secrets.hpp"

namespace tokiod::app {

struct reload_report {
  std::uint64_t revision = 1;
  std::vector<config::change> changed;
  std::vector<std::string> needs_restart;  // settings that differ from what this process was started with
};

struct reload_status {
  std::uint64_t revision = 1;
  bool reloaded = false;
  bool last_ok = true;
  std::int64_t last_wall_ns = 0;
  std::string last_problem;
};

class live_config {
 public:
  // Carries the changes out. A refusal of one of them is reported and does not undo the others.
  using applier = std::function<std::vector<std::string>(const std::vector<config::change>&, const config::loaded&)>;

  live_config(config::sources from, config::loaded first);

  [[nodiscard]] std::shared_ptr<const config::loaded> current() const;
  [[nodiscard]] reload_status status() const;

  // Fails: invalid_config, with the first fault and the number of the others; every fault goes to the log.
  [[nodiscard]] outcome<reload_report> reload(const applier& apply);

  // {valid, problems: [{path, source, kind, message, hint}], plan: [{path, from, to, apply}]}
  // Values in the plan are shown as to everybody.
  [[nodiscard]] wire::json check(const wire::json& document, const config::schema_source& schemas) const;
  // A value by JSON Pointer or dotted name, with where it came from.
  [[nodiscard]] outcome<wire::json> get(std::string_view path, bool origin, const config::schema_source& schemas,
                                        config::audience to) const;

 private:
  outcome<reload_report> finish(outcome<reload_report> report);
  // A worker count of another flavor than the running one waits for the restart with it.
  [[nodiscard]] std::vector<config::change> changes(const config::loaded& before, const config::loaded& next) const;

  const config::sources from_;
  std::mutex reloading_;      // held for a whole reload
  mutable std::mutex mutex_;  // for what follows
  const std::shared_ptr<const config::loaded> started_with_;
  std::shared_ptr<const config::loaded> current_;
  reload_status status_;
};

// "runtime.worker_threads" and "/runtime/worker_threads" are the same setting.
[[nodiscard]] std::string pointer_of(std::string_view path_or_name);

[[nodiscard]] wire::json plan_of(std::vector<config::change> changes, const config::schema_source& schemas);

}  // namespace tokiod::app
