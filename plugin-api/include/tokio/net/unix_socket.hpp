// `unix_socket`: a Unix socket that does nothing yet: bound first if need be, then it listens, connects, or is a
// datagram socket.
//   auto socket = unix_socket::new_stream();
//   socket->bind("/run/a.sock");
//   auto listener = std::move(*socket).listen(1024);
// A connect() that is dropped closes the socket: it is not taken up again.
// Threads: one at a time.
#pragma once

#include <utility>

#include "tokio/net/tcp_socket.hpp"
#include "tokio/net/unix_datagram.hpp"
#include "tokio/net/unix_listener.hpp"

namespace tokio::net {

class unix_socket {
 public:
  static result<unix_socket> new_stream(call_site at = call_site::current()) { return open(TOKIO_SOCK_STREAM, at); }
  static result<unix_socket> new_datagram(call_site at = call_site::current()) { return open(TOKIO_SOCK_DGRAM, at); }

  result<> bind(std::string_view path) noexcept {
    const auto local = unix_address::from_path(path);
    if (!local) return std::unexpected(local.error());
    return bind_addr(*local);
  }
  result<> bind_addr(const unix_address& local) noexcept { return socket_.bind(local.raw()); }
  result<unix_address> local_addr() const noexcept { return socket_.local<unix_address>(); }
  result<std::optional<error>> take_error() const noexcept { return socket_.take_error(); }

  result<unix_listener> listen(std::uint32_t backlog) && noexcept {
    if (type_ != TOKIO_SOCK_STREAM) return std::unexpected(wrong_kind("a datagram socket does not listen"));
    if (auto begun = socket_.listen(backlog); !begun) return std::unexpected(begun.error());
    return unix_listener(std::move(socket_));
  }
  connect_opened_future<unix_stream> connect(std::string_view path) && noexcept {
    return std::move(*this).connect_to(unix_address::from_path(path));
  }
  connect_opened_future<unix_stream> connect_addr(const unix_address& to) && noexcept {
    return std::move(*this).connect_to(to);
  }
  result<unix_datagram> datagram() && noexcept {
    if (type_ != TOKIO_SOCK_DGRAM) return std::unexpected(wrong_kind("a stream socket sends no datagrams"));
    return unix_datagram(std::move(socket_));
  }

 private:
  unix_socket(socket opened, std::uint32_t type) noexcept : socket_(std::move(opened)), type_(type) {}
  static result<unix_socket> open(std::uint32_t type, call_site at) {
    auto opened = socket::open(TOKIO_AF_UNIX, type, at);
    if (!opened) return std::unexpected(opened.error());
    return unix_socket(std::move(*opened), type);
  }
  static error wrong_kind(const char* text) noexcept { return {error_kind::invalid_input, text}; }
  connect_opened_future<unix_stream> connect_to(const result<unix_address>& to) && noexcept {
    using where = result<tokio_addr>;
    if (!to) return {std::move(socket_), where(std::unexpect, to.error())};
    if (type_ != TOKIO_SOCK_STREAM)
      return {std::move(socket_),
              where(std::unexpect, wrong_kind("a datagram socket makes no connection: use datagram()"))};
    return {std::move(socket_), where(to->raw())};
  }

  socket socket_;
  std::uint32_t type_;
};

}  // namespace tokio::net
