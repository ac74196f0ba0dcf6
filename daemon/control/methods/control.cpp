#include "base/clock.hpp"
#include "control/methods/methods.hpp"
#include "control/view/time.hpp"
#include "wire/get.hpp"

namespace tokiod::control {
namespace {

answer rpc_discover(const call_site& site, const json&) { return wire::openrpc_document(site.shared.version); }

answer control_ping(const call_site& site, const json& params) {
  json pong = json::object();
  if (const json* echo = wire::find(params, "echo")) pong["echo"] = *echo;
  pong["now"] = seconds_of(wall_clock_ns());
  pong["loop_lag_seconds"] = static_cast<double>(site.shared.counts.lag()) / 1e9;
  return pong;
}

answer control_whoami(const call_site& site, const json&) {
  return json{{"uid", site.who.uid},
              {"gid", site.who.gid},
              {"groups", site.who.groups},
              {"pid", site.who.pid},
              {"comm", site.who.comm},
              {"socket", site.socket},
              {"level", name(site.rights.has)},
              {"ceiling", name(site.rights.ceiling)},
              {"rule", site.rights.rule}};
}

}  // namespace

std::span<const binding> control_methods() {
  static constexpr binding bindings[] = {
      {"rpc.discover", quick(rpc_discover)},
      {"control.ping", quick(control_ping)},
      {"control.whoami", quick(control_whoami)},
  };
  return bindings;
}

}  // namespace tokiod::control
