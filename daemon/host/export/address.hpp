// Internal to host/export: the contract's addresses and the system's.
// Threads: pure functions.
#pragma once
#include <sys/socket.h>

#include "base/error.hpp"
#include "tokio/abi/base.h"

namespace tokiod::host {

struct system_address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

// AF_INET, AF_INET6, AF_UNIX, or AF_UNSPEC for TOKIO_AF_NONE and for what is no family of the contract.
[[nodiscard]] int family_of(const tokio_addr& address);

// False: a family that the contract does not have, a path that is too long, or reserved bytes that are not zero.
[[nodiscard]] bool to_system(const tokio_addr& from, system_address& into);
[[nodiscard]] tokio_addr from_system(const sockaddr_storage& from, socklen_t length);

}  // namespace tokiod::host
