// Who is at the other end of a connection, as the kernel says.
// Invariant: taken once, at accept: what the peer does to itself later changes nothing.
// Threads:   pure functions and values [any].
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

#include "base/error.hpp"

namespace tokiod::control {

struct peer {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // supplementary
  std::string comm;           // name of its program; empty where /proc hides it

  [[nodiscard]] bool in_group(gid_t group) const;
};

[[nodiscard]] result<peer> peer_of(int socket);

}  // namespace tokiod::control
