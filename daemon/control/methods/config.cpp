#include "control/methods/methods.hpp"
#include "wire/get.hpp"

namespace tokiod::control {
namespace {

answer passed_on(outcome<json> got) {
  if (!got) return refused(got.error());
  return std::move(*got);
}

answer config_get(const call_site& site, const json& params) {
  return passed_on(site.shared.daemon.config_get(wire::text_or(params, "path"),
                                                 wire::boolean_or(params, "origin", false), audience_of(site)));
}

// On a reader: names of users and groups are looked up, which may ask another machine.
answer config_check(const plane& shared, const json& params) {
  return shared.daemon.config_check(*wire::find(params, "document"));
}

answer config_schema(const call_site& site, const json& params) {
  return passed_on(site.shared.daemon.config_schema(wire::text_or(params, "path")));
}

answer config_reload(backend& daemon, const json& params) {
  return passed_on(daemon.config_reload(wire::text_or(params, "reason")));
}

}  // namespace

std::span<const binding> config_methods() {
  static constexpr binding bindings[] = {
      {"config.get", quick(config_get)},
      {"config.check", reading(config_check)},
      {"config.schema", quick(config_schema)},
      {"config.reload", operation(config_reload)},
  };
  return bindings;
}

}  // namespace tokiod::control
