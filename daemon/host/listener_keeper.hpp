// Who keeps the listening sockets of plugins beyond the life of this process, so that who connects meanwhile waits in
// their backlogs. A socket is known by the instance and by the address that it listens at: a TCP address with a port,
// or a Unix address without a file. Threads: [any]; nothing here waits.
#pragma once
#include <sys/socket.h>

#include <string_view>

#include "base/fd.hpp"

namespace tokiod::host {

class listener_keeper {
 public:
  // The socket that an earlier process left to this instance at this address, still listening; none: make one.
  [[nodiscard]] virtual unique_fd take(std::string_view instance, const sockaddr* at, socklen_t length) = 0;
  // `fd` listens from now on. It stays the caller's.
  virtual void listens(std::string_view instance, int fd) = 0;
  // It is about to be closed, or given away.
  virtual void leaves(std::string_view instance, int fd) = 0;

 protected:
  ~listener_keeper() = default;
};

}  // namespace tokiod::host
