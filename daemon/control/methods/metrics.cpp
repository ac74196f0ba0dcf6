#include "base/clock.hpp"
#include "control/methods/methods.hpp"
#include "control/prometheus.hpp"
#include "control/view.hpp"
#include "wire/get.hpp"

namespace tokiod::control {
namespace {

answer get(const call_site& site, const json& params) {
  return view(site.shared.metrics(), wire::text_or(params, "match", "*"), wall_clock_ns());
}

answer expose(const call_site& site, const json&) {
  return json{{"content_type", prometheus_content_type}, {"text", prometheus_text(site.shared.metrics())}};
}

constexpr binding bindings[] = {
    {"metrics.get", quick(get)},
    {"metrics.expose", quick(expose)},
};

}  // namespace

std::span<const binding> metrics_methods() { return bindings; }

}  // namespace tokiod::control
