// `udp_socket`: datagrams. A receive takes one datagram; what does not fit is cut off.
//   auto socket = co_await udp_socket::bind("127.0.0.1:0");
//   auto got = co_await socket->recv_from(buffer);              // got->first bytes from got->second
// Threads: any number of tasks send and receive; options [any]. Everything is cancel safe.
#pragma once

#include <utility>

#include "tokio/net/adopt.hpp"
#include "tokio/net/datagram_socket.hpp"
#include "tokio/net/resolve.hpp"

namespace tokio::net {

class udp_socket : public datagram_socket<udp_socket, socket_address> {
 public:
  explicit udp_socket(socket bound) noexcept : datagram_socket(std::move(bound)) {}
  static auto bind(target to) {
    return for_each_address<udp_socket>(std::move(to), [](const socket_address& at) { return bind_to(at); });
  }
  // The same for one known address, without an await.
  static result<udp_socket> bind_to(const socket_address& at, call_site called = call_site::current()) {
    tokio_sock_params params{};
    params.type = TOKIO_SOCK_DGRAM;
    params.local = at.raw();
    auto made = socket::make(&tokio_net_ext::bind, params, "there is no runtime here: a socket needs one", called);
    if (!made) return std::unexpected(made.error());
    return udp_socket(std::move(*made));
  }
  // send() goes there, and only what comes from there is received. Tries each address.
  auto connect(target to) noexcept {
    return for_each_address<void>(std::move(to), [this](const socket_address& at) { return connect_to(at); });
  }
  result<> connect_to(const socket_address& to) noexcept { return set_peer(to.raw()); }
  // A UDP socket that was made elsewhere, bound or not, and non-blocking.
  static result<udp_socket> from_fd(owned_fd fd, call_site called = call_site::current()) {
    return adopt_socket<udp_socket>(std::move(fd), kind_of_socket::inet_datagram, called);
  }

  result<> set_broadcast(bool on) noexcept { return socket_.set(TOKIO_OPT_BROADCAST, on); }
  result<bool> broadcast() const noexcept { return socket_.get_flag(TOKIO_OPT_BROADCAST); }
  result<> set_multicast_loop(bool on) noexcept { return socket_.set(TOKIO_OPT_MULTICAST_LOOP, on); }
  result<bool> multicast_loop() const noexcept { return socket_.get_flag(TOKIO_OPT_MULTICAST_LOOP); }
  result<> set_multicast_ttl(std::uint32_t hops) noexcept { return socket_.set(TOKIO_OPT_MULTICAST_TTL, hops); }
  result<std::int64_t> multicast_ttl() const noexcept { return socket_.get(TOKIO_OPT_MULTICAST_TTL); }
  result<> set_ttl(std::uint32_t hops) noexcept { return socket_.set(TOKIO_OPT_TTL, hops); }
  result<std::int64_t> ttl() const noexcept { return socket_.get(TOKIO_OPT_TTL); }
  // The interface it is bound to; an empty name: none.
  result<> bind_device(std::string_view name) noexcept { return socket_.bind_device(name); }
  result<std::optional<std::string>> device() const { return socket_.device(); }
  result<> set_tos(std::uint32_t tos) noexcept { return socket_.set(TOKIO_OPT_TOS, tos); }
  result<std::int64_t> tos() const noexcept { return socket_.get(TOKIO_OPT_TOS); }
  // Interface 0 lets the system choose.
  result<> join_multicast(const ip_address& group, std::uint32_t interface = 0) noexcept {
    return multicast(group, interface, 1);
  }
  result<> leave_multicast(const ip_address& group, std::uint32_t interface = 0) noexcept {
    return multicast(group, interface, 0);
  }

 private:
  result<> multicast(const ip_address& group, std::uint32_t interface, std::uint32_t join) noexcept {
    const auto address = socket_address(group, 0).raw();
    return to_result(host.net->multicast(socket_.raw(), &address, interface, join));
  }
};

}  // namespace tokio::net
