#include "base/clock.hpp"
#include "control/methods/methods.hpp"
#include "control/view.hpp"
#include "wire/get.hpp"

namespace tokiod::control {
namespace {

answer discover(const call_site& site, const json&) { return wire::openrpc_document(site.shared.version); }

answer ping(const call_site& site, const json& params) {
  json pong = json::object();
  if (const json* echo = wire::find(params, "echo")) pong["echo"] = *echo;
  pong["now"] = seconds_of(wall_clock_ns());
  pong["loop_lag_seconds"] = static_cast<double>(site.shared.counts.lag()) / 1e9;
  return pong;
}

answer whoami(const call_site& site, const json&) {
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

constexpr binding bindings[] = {
    {"rpc.discover", quick(discover)},
    {"control.ping", quick(ping)},
    {"control.whoami", quick(whoami)},
};

}  // namespace

std::span<const binding> control_methods() { return bindings; }

}  // namespace tokiod::control
