// The configuration in force. A part of control/backend.hpp.
// Threads: [control], but for what says otherwise.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "config/secrets.hpp"
#include "control/backend/common.hpp"

namespace tokiod::control {

struct config_status {
  std::uint64_t revision = 0;
  bool reloaded = false;  // since the start
  bool last_reload_ok = true;
  std::int64_t last_reload_wall_ns = 0;
  std::string last_problem;  // the first fault of the last reload
};

class config_face {
 public:
  virtual ~config_face() = default;

  [[nodiscard]] virtual config_status config() const = 0;
  // Neither this nor a plan shows what config/secrets.hpp hides; a plan is for everybody.
  [[nodiscard]] virtual outcome<json> config_get(std::string_view path, bool origin, config::audience to) const = 0;
  [[nodiscard]] virtual json config_check(const json& document) const = 0;
  [[nodiscard]] virtual outcome<json> config_schema(std::string_view path) const = 0;
  virtual outcome<json> config_reload(std::string_view reason) = 0;  // [operation]
};

}  // namespace tokiod::control
