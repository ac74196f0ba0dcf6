// Descriptors of the tests' own: pairs of sockets, and bytes in and out of them.
// Threads: any.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "tokio/net/owned_fd.hpp"

namespace tokio::test {

inline std::pair<net::owned_fd, net::owned_fd> socket_pair(int type = SOCK_STREAM) {
  int fds[2] = {-1, -1};
  REQUIRE(::socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
  return {net::owned_fd(fds[0]), net::owned_fd(fds[1])};
}

inline void put(int fd, std::string_view text) {
  REQUIRE(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

// A read as async_fd's closures make it: the bytes, or the system's error.
inline result<std::string> take(int fd) {
  std::array<char, 64> room;
  const auto n = ::read(fd, room.data(), room.size());
  if (n >= 0) return std::string(room.data(), static_cast<std::size_t>(n));
  if (errno == EAGAIN) return std::unexpected(error(error_kind::would_block, "nothing there"));
  return std::unexpected(net::last_os_error());
}

}  // namespace tokio::test
