#include "control/methods/methods.hpp"

namespace tokiod::control {
namespace {

answer console_pause(const call_site& site, const json&) {
  return json{{"paused", site.shared.daemon.pause_tasks(true)}};
}

answer console_resume(const call_site& site, const json&) {
  return json{{"paused", site.shared.daemon.pause_tasks(false)}};
}

}  // namespace

std::span<const binding> console_methods() {
  static constexpr binding bindings[] = {
      {"console.pause", quick(console_pause)},
      {"console.resume", quick(console_resume)},
  };
  return bindings;
}

}  // namespace tokiod::control
