#include "host/export/net_options.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "host/export/address.hpp"
#include "host/export/common.hpp"

namespace tokiod::host {
namespace {

tokio_status set(int fd, int level, int name, int value) {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0 ? TOKIO_OK : fail(error::last("setsockopt"));
}
tokio_status get(int fd, int level, int name, std::int64_t& value) {
  int raw = 0;
  socklen_t length = sizeof raw;
  if (::getsockopt(fd, level, name, &raw, &length) != 0) return fail(error::last("getsockopt"));
  value = raw;
  return TOKIO_OK;
}

int family_of_socket(int fd) {
  int family = AF_UNSPEC;
  socklen_t length = sizeof family;
  return ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length) == 0 ? family : AF_UNSPEC;
}

// Options that are one integer of one level; where a family has its own name, that comes second.
struct plain_option {
  std::uint32_t option;
  int level, name;
  int level6, name6;  // 0: the same for every family
};
constexpr plain_option plain_options[] = {
    {TOKIO_OPT_NODELAY, IPPROTO_TCP, TCP_NODELAY, 0, 0},
    {TOKIO_OPT_RECV_BUF, SOL_SOCKET, SO_RCVBUF, 0, 0},
    {TOKIO_OPT_SEND_BUF, SOL_SOCKET, SO_SNDBUF, 0, 0},
    {TOKIO_OPT_TOS, IPPROTO_IP, IP_TOS, IPPROTO_IPV6, IPV6_TCLASS},
    {TOKIO_OPT_TTL, IPPROTO_IP, IP_TTL, IPPROTO_IPV6, IPV6_UNICAST_HOPS},
    {TOKIO_OPT_BROADCAST, SOL_SOCKET, SO_BROADCAST, 0, 0},
    {TOKIO_OPT_QUICKACK, IPPROTO_TCP, TCP_QUICKACK, 0, 0},
    {TOKIO_OPT_MULTICAST_LOOP, IPPROTO_IP, IP_MULTICAST_LOOP, IPPROTO_IPV6, IPV6_MULTICAST_LOOP},
    {TOKIO_OPT_MULTICAST_TTL, IPPROTO_IP, IP_MULTICAST_TTL, IPPROTO_IPV6, IPV6_MULTICAST_HOPS},
    {TOKIO_OPT_REUSEADDR, SOL_SOCKET, SO_REUSEADDR, 0, 0},
    {TOKIO_OPT_REUSEPORT, SOL_SOCKET, SO_REUSEPORT, 0, 0},
    {TOKIO_OPT_KEEPALIVE, SOL_SOCKET, SO_KEEPALIVE, 0, 0},
    {TOKIO_OPT_V6ONLY, IPPROTO_IPV6, IPV6_V6ONLY, 0, 0},
};

struct level_and_name {
  int level = -1, name = 0;
};
level_and_name find(int fd, std::uint32_t option) {
  for (const auto& one : plain_options) {
    if (one.option != option) continue;
    if (one.level6 != 0 && family_of_socket(fd) == AF_INET6) return {one.level6, one.name6};
    return {one.level, one.name};
  }
  return {};
}

tokio_status unknown(std::uint32_t option) { return fail(TOKIO_EINVAL, "there is no socket option ", option); }

tokio_status set_keepalive(int fd, std::int64_t seconds) {
  if (seconds <= 0) return set(fd, SOL_SOCKET, SO_KEEPALIVE, 0);
  const auto status = set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  return status != TOKIO_OK ? status : set(fd, IPPROTO_TCP, TCP_KEEPIDLE, static_cast<int>(seconds));
}
tokio_status get_keepalive(int fd, std::int64_t& seconds) {
  const auto status = get(fd, SOL_SOCKET, SO_KEEPALIVE, seconds);
  return status != TOKIO_OK || seconds == 0 ? status : get(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
}

tokio_status set_linger(int fd, std::int64_t milliseconds) {
  linger value{};
  value.l_onoff = milliseconds >= 0 ? 1 : 0;
  value.l_linger = milliseconds >= 0 ? static_cast<int>((milliseconds + 999) / 1000) : 0;  // the system counts seconds
  return ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof value) == 0 ? TOKIO_OK
                                                                            : fail(error::last("setsockopt"));
}
tokio_status get_linger(int fd, std::int64_t& milliseconds) {
  linger value{};
  socklen_t length = sizeof value;
  if (::getsockopt(fd, SOL_SOCKET, SO_LINGER, &value, &length) != 0) return fail(error::last("getsockopt"));
  milliseconds = value.l_onoff != 0 ? std::int64_t{value.l_linger} * 1000 : -1;
  return TOKIO_OK;
}

}  // namespace

tokio_status set_socket_option(int fd, std::uint32_t option, std::int64_t value) noexcept {
  if (value > INT_MAX || value < INT_MIN)
    return fail(TOKIO_EINVAL, "the value ", value, " of socket option ", option, " does not fit 32 bits");
  if (option == TOKIO_OPT_KEEPALIVE_S) return set_keepalive(fd, value);
  if (option == TOKIO_OPT_LINGER_MS) return set_linger(fd, value);
  const auto where = find(fd, option);
  return where.level < 0 ? unknown(option) : set(fd, where.level, where.name, static_cast<int>(value));
}

tokio_status get_socket_option(int fd, std::uint32_t option, std::int64_t& value) noexcept {
  switch (option) {
    case TOKIO_OPT_KEEPALIVE_S: return get_keepalive(fd, value);
    case TOKIO_OPT_LINGER_MS: return get_linger(fd, value);
    case TOKIO_OPT_ERROR: {
      const auto status = get(fd, SOL_SOCKET, SO_ERROR, value);
      value = -value;  // as a status: 0 or negative
      return status;
    }
    default: break;
  }
  const auto where = find(fd, option);
  return where.level < 0 ? unknown(option) : get(fd, where.level, where.name, value);
}

tokio_status apply_params(int fd, int family, const tokio_sock_params& params) noexcept {
  struct wish {
    bool wanted;
    int level, name, value;
  };
  const auto flag = [&](std::uint64_t f) { return (params.flags & f) != 0; };
  const bool inet = family == AF_INET || family == AF_INET6;
  const wish wishes[] = {
      {flag(TOKIO_SF_REUSEADDR), SOL_SOCKET, SO_REUSEADDR, 1},
      {flag(TOKIO_SF_REUSEPORT), SOL_SOCKET, SO_REUSEPORT, 1},
      {flag(TOKIO_SF_NODELAY) && inet, IPPROTO_TCP, TCP_NODELAY, 1},
      {flag(TOKIO_SF_KEEPALIVE), SOL_SOCKET, SO_KEEPALIVE, 1},
      {family == AF_INET6, IPPROTO_IPV6, IPV6_V6ONLY, flag(TOKIO_SF_V6ONLY) ? 1 : 0},
      {flag(TOKIO_SF_BROADCAST), SOL_SOCKET, SO_BROADCAST, 1},
      {params.recv_buf != 0, SOL_SOCKET, SO_RCVBUF, static_cast<int>(params.recv_buf)},
      {params.send_buf != 0, SOL_SOCKET, SO_SNDBUF, static_cast<int>(params.send_buf)},
      {params.ttl != 0 && family == AF_INET, IPPROTO_IP, IP_TTL, static_cast<int>(params.ttl)},
      {params.ttl != 0 && family == AF_INET6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, static_cast<int>(params.ttl)},
  };
  for (const auto& one : wishes)
    if (one.wanted)
      if (const auto status = set(fd, one.level, one.name, one.value); status != TOKIO_OK) return status;
  return TOKIO_OK;
}

tokio_status join_group(int fd, const tokio_addr& group, std::uint32_t interface, bool join) noexcept {
  if (group.family == TOKIO_AF_INET) {
    ip_mreqn request{};
    std::memcpy(&request.imr_multiaddr, group.ip, 4);
    request.imr_ifindex = static_cast<int>(interface);
    return ::setsockopt(fd, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &request, sizeof request) == 0
               ? TOKIO_OK
               : fail(error::last("setsockopt"));
  }
  if (group.family == TOKIO_AF_INET6) {
    ipv6_mreq request{};
    std::memcpy(&request.ipv6mr_multiaddr, group.ip, 16);
    request.ipv6mr_interface = interface;
    return ::setsockopt(fd, IPPROTO_IPV6, join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &request, sizeof request) == 0
               ? TOKIO_OK
               : fail(error::last("setsockopt"));
  }
  return fail(TOKIO_EINVAL, "a multicast group is an INET or INET6 address, not family ", group.family);
}

}  // namespace tokiod::host
