// `tcp_socket`: a TCP socket that does nothing yet: options and a local address first, then listen() or connect().
//   auto socket = tcp_socket::new_v4();
//   socket->set_reuseport(true);
//   socket->bind({ip_address::any_v4(), 7007});
//   auto listener = std::move(*socket).listen(1024);
// Threads: one at a time.
#pragma once

#include <optional>
#include <utility>

#include "tokio/net/tcp_listener.hpp"

namespace tokio::net {

// Connects a socket that was opened before. Destroying it closes the socket.
template <class Stream>
class [[nodiscard]] connect_opened_future {
 public:
  using output = result<Stream>;
  connect_opened_future(socket opened, result<tokio_addr> to) noexcept
      : socket_(std::move(opened)), to_(std::move(to)) {}
  tokio::poll<output> poll(context& cx) noexcept {
    if (!to_) return output(std::unexpect, to_.error());
    if (!begun_) {
      if (const auto status = host.net->start_connect(socket_.raw(), &*to_); status < 0)
        return output(std::unexpect, error::from_status(status));
      begun_ = true;
    }
    const auto got = host.net->poll_connect(socket_.raw(), cx.raw());
    if (got == TOKIO_PENDING) return pending;
    if (got < 0) return output(std::unexpect, error::from_status(got));
    return output(std::in_place, std::move(socket_));
  }

 private:
  socket socket_;
  result<tokio_addr> to_;
  bool begun_ = false;
};

class tcp_socket {
 public:
  static result<tcp_socket> new_v4(call_site at = call_site::current()) { return open(TOKIO_AF_INET, at); }
  static result<tcp_socket> new_v6(call_site at = call_site::current()) { return open(TOKIO_AF_INET6, at); }
  // One that was made elsewhere, is not connected and does not listen, and is non-blocking.
  static result<tcp_socket> from_fd(owned_fd fd, call_site at = call_site::current()) {
    return adopt_socket<tcp_socket>(std::move(fd), kind_of_socket::inet_stream, at);
  }
  explicit tcp_socket(socket opened) noexcept : socket_(std::move(opened)) {}

  result<> set_reuseaddr(bool on) noexcept { return socket_.set(TOKIO_OPT_REUSEADDR, on); }
  result<bool> reuseaddr() const noexcept { return socket_.get_flag(TOKIO_OPT_REUSEADDR); }
  // Several sockets on one address; the system spreads connections over those that listen.
  result<> set_reuseport(bool on) noexcept { return socket_.set(TOKIO_OPT_REUSEPORT, on); }
  result<bool> reuseport() const noexcept { return socket_.get_flag(TOKIO_OPT_REUSEPORT); }
  result<> set_keepalive(bool on) noexcept { return socket_.set(TOKIO_OPT_KEEPALIVE, on); }
  result<bool> keepalive() const noexcept { return socket_.get_flag(TOKIO_OPT_KEEPALIVE); }
  result<> set_nodelay(bool on) noexcept { return socket_.set(TOKIO_OPT_NODELAY, on); }
  result<bool> nodelay() const noexcept { return socket_.get_flag(TOKIO_OPT_NODELAY); }
  // An IPv6 socket takes no IPv4 connections.
  result<> set_only_v6(bool on) noexcept { return socket_.set(TOKIO_OPT_V6ONLY, on); }
  result<bool> only_v6() const noexcept { return socket_.get_flag(TOKIO_OPT_V6ONLY); }
  // The system may round: Linux doubles.
  result<> set_recv_buffer_size(std::uint32_t bytes) noexcept { return socket_.set(TOKIO_OPT_RECV_BUF, bytes); }
  result<std::int64_t> recv_buffer_size() const noexcept { return socket_.get(TOKIO_OPT_RECV_BUF); }
  result<> set_send_buffer_size(std::uint32_t bytes) noexcept { return socket_.set(TOKIO_OPT_SEND_BUF, bytes); }
  result<std::int64_t> send_buffer_size() const noexcept { return socket_.get(TOKIO_OPT_SEND_BUF); }
  // Milliseconds, nothing is off. The system counts whole seconds.
  result<> set_linger(std::optional<std::uint32_t> ms) noexcept { return socket_.set_linger(ms); }
  result<std::optional<std::uint32_t>> linger() const noexcept { return socket_.linger(); }
  // The close throws unsent bytes away and the peer sees a reset.
  result<> set_zero_linger() noexcept { return socket_.set_linger(0); }
  // The type of service of IPv4, the traffic class of IPv6.
  result<> set_tos(std::uint32_t tos) noexcept { return socket_.set(TOKIO_OPT_TOS, tos); }
  result<std::int64_t> tos() const noexcept { return socket_.get(TOKIO_OPT_TOS); }
  result<> set_ttl(std::uint32_t hops) noexcept { return socket_.set(TOKIO_OPT_TTL, hops); }
  result<std::int64_t> ttl() const noexcept { return socket_.get(TOKIO_OPT_TTL); }
  // The interface it is bound to; an empty name: none.
  result<> bind_device(std::string_view name) noexcept { return socket_.bind_device(name); }
  result<std::optional<std::string>> device() const { return socket_.device(); }
  result<socket_address> local_addr() const noexcept { return socket_.local<socket_address>(); }
  result<std::optional<error>> take_error() const noexcept { return socket_.take_error(); }

  result<> bind(const socket_address& local) noexcept { return socket_.bind(local.raw()); }
  result<tcp_listener> listen(std::uint32_t backlog) && noexcept {
    if (auto begun = socket_.listen(backlog); !begun) return std::unexpected(begun.error());
    return tcp_listener(std::move(socket_));
  }
  // Destroying the future closes the socket.
  connect_opened_future<tcp_stream> connect(const socket_address& to) && noexcept {
    return {std::move(socket_), to.raw()};
  }

 private:
  static result<tcp_socket> open(std::uint32_t family, call_site at) {
    auto opened = socket::open(family, TOKIO_SOCK_STREAM, at);
    if (!opened) return std::unexpected(opened.error());
    return tcp_socket(std::move(*opened));
  }
  socket socket_;
};

}  // namespace tokio::net
