// Internal to net/: descriptors of sockets that were made elsewhere: what they are is checked before they are taken.
// Threads: [any].
#pragma once

#include <sys/socket.h>

#include <utility>

#include "tokio/net/socket.hpp"

namespace tokio::net {

enum class kind_of_socket { inet_stream, inet_datagram, unix_stream, unix_datagram };

inline result<int> socket_fact(int fd, int option) noexcept {
  int value = 0;
  socklen_t length = sizeof value;
  if (::getsockopt(fd, SOL_SOCKET, option, &value, &length) != 0) return std::unexpected(last_os_error());
  return value;
}

// Nothing, or why the descriptor is not a non-blocking socket of that kind.
inline result<> check_socket(int fd, kind_of_socket kind) noexcept {
  const auto family = socket_fact(fd, SO_DOMAIN);
  if (!family) return std::unexpected(family.error());
  const auto type = socket_fact(fd, SO_TYPE);
  if (!type) return std::unexpected(type.error());
  const bool unix_kind = kind == kind_of_socket::unix_stream || kind == kind_of_socket::unix_datagram;
  const bool stream_kind = kind == kind_of_socket::inet_stream || kind == kind_of_socket::unix_stream;
  if (unix_kind != (*family == AF_UNIX) || (!unix_kind && *family != AF_INET && *family != AF_INET6))
    return std::unexpected(error(error_kind::invalid_input, "the descriptor is a socket of another family"));
  if (*type != (stream_kind ? SOCK_STREAM : SOCK_DGRAM))
    return std::unexpected(error(error_kind::invalid_input, "the descriptor is a socket of another type"));
  const auto flags = status_flags(fd);
  if (!flags) return std::unexpected(flags.error());
  if ((*flags & O_NONBLOCK) == 0)
    return std::unexpected(error(error_kind::invalid_input,
                                 "the descriptor would block: set O_NONBLOCK before it is given to the runtime"));
  return {};
}

// The descriptor is closed when it is refused.
template <class T>
result<T> adopt_socket(owned_fd fd, kind_of_socket kind, call_site called) {
  if (const auto fits = check_socket(fd.fd(), kind); !fits) return std::unexpected(fits.error());
  auto made = socket::adopt(std::move(fd), interest::readable() | interest::writable(),
                            "there is no runtime here: from_fd() needs one", called);
  if (!made) return std::unexpected(made.error());
  return T(std::move(*made));
}

}  // namespace tokio::net
