#include "control/methods/stricter.hpp"

#include "config/setting.hpp"
#include "wire/get.hpp"
#include "wire/patch.hpp"

namespace tokiod::control {

wire::method stricter(const wire::method& row, const wire::json& params) {
  wire::method asked = row;
  if (row.name != "config.set" && row.name != "config.unset") return asked;
  const auto pattern = config::pattern_of(wire::pointer_of(wire::text_or(params, "path")));
  if (!config::is_for_operators(pattern)) asked.needs = wire::level::admin;
  return asked;
}

}  // namespace tokiod::control
