#include "control/peer.hpp"

#include <sys/socket.h>

#include <algorithm>

#include "base/fd.hpp"

namespace tokiod::control {
namespace {

result<std::vector<gid_t>> groups_of(int socket) {
  std::vector<gid_t> groups(32);
  for (;;) {
    auto bytes = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes) == 0) {
      groups.resize(bytes / sizeof(gid_t));
      return groups;
    }
    // ERANGE: `bytes` now says how many there are.
    if (errno != ERANGE) return std::unexpected(error::last("getsockopt SO_PEERGROUPS"));
    groups.resize(bytes / sizeof(gid_t));
  }
}

std::string comm_of(pid_t pid) {
  auto text = read_file("/proc/" + std::to_string(pid) + "/comm", 64);
  if (!text) return {};
  if (text->ends_with('\n')) text->pop_back();
  return *text;
}

}  // namespace

bool peer::in_group(gid_t group) const {
  return gid == group || std::find(groups.begin(), groups.end(), group) != groups.end();
}

result<peer> peer_of(int socket) {
  ucred said{};
  socklen_t bytes = sizeof said;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &said, &bytes) < 0)
    return std::unexpected(error::last("getsockopt SO_PEERCRED"));
  auto groups = groups_of(socket);
  if (!groups) return std::unexpected(groups.error());
  return peer{said.pid, said.uid, said.gid, std::move(*groups), comm_of(said.pid)};
}

}  // namespace tokiod::control
