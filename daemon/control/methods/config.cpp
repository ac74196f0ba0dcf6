#include "control/methods/methods.hpp"
#include "wire/get.hpp"

namespace tokiod::control {
namespace {

answer passed_on(outcome<json> got) {
  if (!got) return refused(got.error());
  return std::move(*got);
}

answer get(const call_site& site, const json& params) {
  return passed_on(
      site.shared.daemon.config_get(wire::text_or(params, "path"), wire::boolean_or(params, "origin", false)));
}

// On a reader: names of users and groups are looked up, which may ask another machine.
answer check(const plane& shared, const json& params) {
  return shared.daemon.config_check(*wire::find(params, "document"));
}

answer schema(const call_site& site, const json& params) {
  return passed_on(site.shared.daemon.config_schema(wire::text_or(params, "path")));
}

answer reload(backend& daemon, const json& params) {
  return passed_on(daemon.config_reload(wire::text_or(params, "reason")));
}

constexpr binding bindings[] = {
    {"config.get", quick(get)},
    {"config.check", reading(check)},
    {"config.schema", quick(schema)},
    {"config.reload", operation(reload)},
};

}  // namespace

std::span<const binding> config_methods() { return bindings; }

}  // namespace tokiod::control
