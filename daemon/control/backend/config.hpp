// The configuration in force. A part of control/backend.hpp.
// Threads: [control], but for what says otherwise.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/secrets.hpp"
#include "control/backend/common.hpp"
#include "wire/rpc.hpp"

namespace tokiod::control {

struct config_status {
  std::uint64_t revision = 0;
  bool reloaded = false;  // since the start
  bool last_reload_ok = true;
  std::int64_t last_reload_wall_ns = 0;
  std::string last_problem;                  // the first fault of the last reload
  bool drift = false;                        // a restart would change something, when it was last looked for
  std::vector<std::string> needs_restart;    // settings that wait for the next start
  std::optional<std::uint64_t> unconfirmed;  // the revision that waits for config.confirm
  double revert_in_seconds = 0;
};

// What config.get asks for.
struct config_query {
  std::string_view path, layer;
  bool origin = false, defaults = true;
};

// How a change comes about: for all that change the configuration.
struct config_order {
  std::string by, reason;
  std::optional<std::uint64_t> expect_revision;
  bool dry_run = false, persist = false;
  duration_ns confirm_within = 0;
  duration_ns lasts = 0;  // then it is as before again; 0: it stays
};

class config_face {
 public:
  virtual ~config_face() = default;

  [[nodiscard]] virtual config_status config() const = 0;
  // How long the value at a JSON Pointer is what it is; absent: it is not for a time.
  [[nodiscard]] virtual std::optional<duration_ns> config_left(std::string_view path) const = 0;
  [[nodiscard]] virtual json config_status_view() const = 0;  // [reader]
  // Neither this nor what follows shows what config/secrets.hpp hides; plans and differences are for everybody.
  [[nodiscard]] virtual outcome<json> config_get(const config_query& asked, config::audience to) const = 0;
  [[nodiscard]] virtual outcome<json> config_schema(std::string_view path) const = 0;
  [[nodiscard]] virtual json config_layers(config::audience to) const = 0;
  [[nodiscard]] virtual json config_history(std::size_t limit) const = 0;
  [[nodiscard]] virtual json config_check(const json& document, bool is_patch) const = 0;  // [reader]
  // "running", "disk", "default" or the number of a revision. [reader]
  [[nodiscard]] virtual outcome<json> config_diff(std::string_view from, std::string_view to) const = 0;
  [[nodiscard]] virtual json config_drift() const = 0;  // [reader]

  // [operation], from here on; those of a change fail as wire/rows/config.hpp says.
  [[nodiscard]] virtual wire::answer config_reload(const config_order& order) = 0;
  [[nodiscard]] virtual wire::answer config_patch(const json& patch, std::string_view how,
                                                  const config_order& order) = 0;
  [[nodiscard]] virtual wire::answer config_operate(const json& operations, const config_order& order) = 0;
  [[nodiscard]] virtual wire::answer config_unset(std::string_view path, const config_order& order) = 0;
  [[nodiscard]] virtual wire::answer config_rollback(std::uint64_t to, const config_order& order) = 0;
  [[nodiscard]] virtual wire::answer config_save(const config_order& order) = 0;
  virtual outcome<void> config_confirm(std::uint64_t revision) = 0;
};

}  // namespace tokiod::control
