#include "host/export/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace tokiod::host {
namespace {

static_assert(sizeof(tokio_addr::path) == sizeof(sockaddr_un::sun_path));

void inet_to_system(const tokio_addr& from, system_address& into) {
  auto* to = reinterpret_cast<sockaddr_in*>(&into.storage);
  to->sin_family = AF_INET;
  to->sin_port = htons(from.port);
  std::memcpy(&to->sin_addr, from.ip, 4);
  into.length = sizeof *to;
}

void inet6_to_system(const tokio_addr& from, system_address& into) {
  auto* to = reinterpret_cast<sockaddr_in6*>(&into.storage);
  to->sin6_family = AF_INET6;
  to->sin6_port = htons(from.port);
  to->sin6_flowinfo = htonl(from.flowinfo);
  to->sin6_scope_id = from.scope_id;
  std::memcpy(&to->sin6_addr, from.ip, 16);
  into.length = sizeof *to;
}

bool unix_to_system(const tokio_addr& from, system_address& into) {
  auto* to = reinterpret_cast<sockaddr_un*>(&into.storage);
  const bool abstract = from.path_len > 0 && from.path[0] == 0;
  // A path in the file system needs room for the NUL that ends it.
  if (from.path_len > sizeof from.path - (abstract ? 0 : 1)) return false;
  to->sun_family = AF_UNIX;
  std::memcpy(to->sun_path, from.path, from.path_len);
  const std::size_t path_bytes = from.path_len + (from.path_len > 0 && !abstract ? 1 : 0);
  into.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_bytes);
  return true;
}

void unix_from_system(const sockaddr_storage& from, socklen_t length, tokio_addr& to) {
  const auto* address = reinterpret_cast<const sockaddr_un*>(&from);
  constexpr std::size_t before = offsetof(sockaddr_un, sun_path);
  std::size_t bytes = length > before ? std::min<std::size_t>(length - before, sizeof to.path) : 0;
  if (bytes > 0 && address->sun_path[0] != 0) bytes = ::strnlen(address->sun_path, bytes);
  std::memcpy(to.path, address->sun_path, bytes);
  to.path_len = static_cast<std::uint32_t>(bytes);
}

}  // namespace

int family_of(const tokio_addr& address) {
  switch (address.family) {
    case TOKIO_AF_INET: return AF_INET;
    case TOKIO_AF_INET6: return AF_INET6;
    case TOKIO_AF_UNIX: return AF_UNIX;
    default: return AF_UNSPEC;
  }
}

bool to_system(const tokio_addr& from, system_address& into) {
  if (std::ranges::any_of(from.reserved, [](auto byte) { return byte != 0; })) return false;
  switch (from.family) {
    case TOKIO_AF_INET: return inet_to_system(from, into), true;
    case TOKIO_AF_INET6: return inet6_to_system(from, into), true;
    case TOKIO_AF_UNIX: return unix_to_system(from, into);
    default: return false;
  }
}

tokio_addr from_system(const sockaddr_storage& from, socklen_t length) {
  tokio_addr to;
  std::memset(&to, 0, sizeof to);
  if (length < sizeof from.ss_family) return to;
  switch (from.ss_family) {
    case AF_INET: {
      const auto* address = reinterpret_cast<const sockaddr_in*>(&from);
      to.family = TOKIO_AF_INET;
      to.port = ntohs(address->sin_port);
      std::memcpy(to.ip, &address->sin_addr, 4);
      return to;
    }
    case AF_INET6: {
      const auto* address = reinterpret_cast<const sockaddr_in6*>(&from);
      to.family = TOKIO_AF_INET6;
      to.port = ntohs(address->sin6_port);
      to.flowinfo = ntohl(address->sin6_flowinfo);
      to.scope_id = address->sin6_scope_id;
      std::memcpy(to.ip, &address->sin6_addr, 16);
      return to;
    }
    case AF_UNIX:
      to.family = TOKIO_AF_UNIX;
      unix_from_system(from, length, to);
      return to;
    default: return to;
  }
}

}  // namespace tokiod::host
