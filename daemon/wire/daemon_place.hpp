// Where one of several daemons of a machine has its things: the one that is started with --instance NAME, as the unit
// tokiod@NAME does. tokiod and tokioctl agree here; the units and scripts/debian/ name the same folders.
// Threads: pure functions [any].
#pragma once
#include <string>
#include <string_view>

namespace tokiod::wire {

// Its configuration: tokiod.json and conf.d there.
[[nodiscard]] inline std::string config_dir_of(std::string_view instance) {
  return "/etc/tokiod/instances/" + std::string(instance);
}
// Below a folder for sockets, which is /run but for daemons that somebody starts for himself.
[[nodiscard]] inline std::string control_socket_of(std::string_view instance, std::string_view below = "/run") {
  return std::string(below) + "/tokiod/instances/" + std::string(instance) + "/control.sock";
}
[[nodiscard]] inline std::string observe_socket_of(std::string_view instance) {
  return "/run/tokiod/instances/" + std::string(instance) + "/observe.sock";
}

}  // namespace tokiod::wire
