#include "control/view/metrics.hpp"
#include "base/clock.hpp"
#include "control/methods/methods.hpp"
#include "control/prometheus.hpp"
#include "wire/get.hpp"

namespace tokiod::control {
namespace {

answer metrics_get(const plane& shared, const json& params) {
  return view(shared.metrics(), wire::text_or(params, "match", "*"), wall_clock_ns());
}

answer metrics_expose(const plane& shared, const json&) {
  return json{{"content_type", prometheus_content_type}, {"text", prometheus_text(shared.metrics())}};
}

}  // namespace

std::span<const binding> metrics_methods() {
  static constexpr binding bindings[] = {
      {"metrics.get", reading(metrics_get)},
      {"metrics.expose", reading(metrics_expose)},
  };
  return bindings;
}

}  // namespace tokiod::control
