// `udp_socket`: datagrams. A receive takes one datagram; what does not fit is cut off.
//   auto socket = co_await udp_socket::bind("127.0.0.1:0");
//   auto got = co_await socket->recv_from(buffer);              // got->first bytes from got->second
// Threads: one task for each direction at a time; options [any]. Everything is cancel safe.
#pragma once

#include <utility>

#include "tokio/net/resolve.hpp"

namespace tokio::net {

class udp_socket {
 public:
  using received = std::pair<std::size_t, socket_address>;

  explicit udp_socket(socket bound) noexcept : socket_(std::move(bound)) {}
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
  result<> connect_to(const socket_address& to) noexcept {
    const auto address = to.raw();
    return to_result(host.net->set_peer(socket_.raw(), &address));
  }

  // To the connected peer.
  auto send(io::byte_view bytes) noexcept {
    return socket_future([this, bytes](tokio_cx* cx) { return socket_.send(cx, bytes, tokio_addr{}); });
  }
  auto send_to(io::byte_view bytes, const socket_address& to) noexcept {
    return socket_future([this, bytes, to](tokio_cx* cx) { return socket_.send(cx, bytes, to.raw()); });
  }
  auto recv(io::byte_span into) noexcept {
    return socket_future([this, into](tokio_cx* cx) { return socket_.receive(cx, into, false, nullptr); });
  }
  auto recv_from(io::byte_span into) noexcept {
    return socket_future([this, into](tokio_cx* cx) { return receive_from(cx, into, false); });
  }
  // The next datagram, which stays where it is.
  auto peek(io::byte_span into) noexcept {
    return socket_future([this, into](tokio_cx* cx) { return socket_.receive(cx, into, true, nullptr); });
  }
  auto peek_from(io::byte_span into) noexcept {
    return socket_future([this, into](tokio_cx* cx) { return receive_from(cx, into, true); });
  }

  // At once: the error would_block when there is nothing, or no room.
  result<std::size_t> try_send(io::byte_view bytes) noexcept {
    return socket::tried(socket_.send(nullptr, bytes, tokio_addr{}));
  }
  result<std::size_t> try_send_to(io::byte_view bytes, const socket_address& to) noexcept {
    return socket::tried(socket_.send(nullptr, bytes, to.raw()));
  }
  result<std::size_t> try_recv(io::byte_span into) noexcept {
    return socket::tried(socket_.receive(nullptr, into, false, nullptr));
  }
  result<received> try_recv_from(io::byte_span into) noexcept {
    return socket::tried(receive_from(nullptr, into, false));
  }
  result<std::size_t> try_peek(io::byte_span into) noexcept {
    return socket::tried(socket_.receive(nullptr, into, true, nullptr));
  }
  result<received> try_peek_from(io::byte_span into) noexcept {
    return socket::tried(receive_from(nullptr, into, true));
  }
  // Waits for any of the interest, and says what is.
  auto ready(net::ready interest) noexcept {
    return socket_future([this, interest](tokio_cx* cx) { return socket_.wait_ready(cx, interest); });
  }
  auto readable() noexcept { return ready(net::ready::readable()); }
  auto writable() noexcept { return ready(net::ready::writable()); }

  result<socket_address> local_addr() const noexcept { return socket_.local<socket_address>(); }
  result<socket_address> peer_addr() const noexcept { return socket_.peer<socket_address>(); }
  result<std::optional<error>> take_error() const noexcept { return socket_.take_error(); }
  result<> set_broadcast(bool on) noexcept { return socket_.set(TOKIO_OPT_BROADCAST, on); }
  result<bool> broadcast() const noexcept { return socket_.get_flag(TOKIO_OPT_BROADCAST); }
  result<> set_multicast_loop(bool on) noexcept { return socket_.set(TOKIO_OPT_MULTICAST_LOOP, on); }
  result<bool> multicast_loop() const noexcept { return socket_.get_flag(TOKIO_OPT_MULTICAST_LOOP); }
  result<> set_multicast_ttl(std::uint32_t hops) noexcept { return socket_.set(TOKIO_OPT_MULTICAST_TTL, hops); }
  result<std::int64_t> multicast_ttl() const noexcept { return socket_.get(TOKIO_OPT_MULTICAST_TTL); }
  result<> set_ttl(std::uint32_t hops) noexcept { return socket_.set(TOKIO_OPT_TTL, hops); }
  result<std::int64_t> ttl() const noexcept { return socket_.get(TOKIO_OPT_TTL); }
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
  tokio::poll<result<received>> receive_from(tokio_cx* cx, io::byte_span into, bool peek) noexcept {
    tokio_addr from{};
    auto got = socket_.receive(cx, into, peek, &from);
    if (got.is_pending()) return pending;
    if (!got.value()) return result<received>(std::unexpect, got.value().error());
    return result<received>(std::in_place, *got.value(), socket_address(from));
  }
  result<> multicast(const ip_address& group, std::uint32_t interface, std::uint32_t join) noexcept {
    const auto address = socket_address(group, 0).raw();
    return to_result(host.net->multicast(socket_.raw(), &address, interface, join));
  }

  socket socket_;
};

}  // namespace tokio::net
