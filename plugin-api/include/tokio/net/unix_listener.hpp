// `unix_listener`: accepts connections on a path or an abstract name. The file of a path stays when it is gone.
// Threads: any number of tasks accept; one at a time is in poll_accept(). Cancel safe: accept() loses no connection.
#pragma once

#include <utility>

#include "tokio/net/tcp_listener.hpp"
#include "tokio/net/unix_stream.hpp"

namespace tokio::net {

class unix_listener {
 public:
  explicit unix_listener(socket listening) noexcept : socket_(std::move(listening)) {}
  // Fails when there is something at the path.
  static result<unix_listener> bind(std::string_view path, call_site called = call_site::current()) {
    const auto at = unix_address::from_path(path);
    if (!at) return std::unexpected(at.error());
    return bind_addr(*at, called);
  }
  static result<unix_listener> bind_addr(const unix_address& at, call_site called = call_site::current()) {
    auto params = connect_future::stream_params();
    params.local = at.raw();
    auto made = socket::make(&tokio_net_ext::listen, params, "there is no runtime here: a listener needs one", called);
    if (!made) return std::unexpected(made.error());
    return unix_listener(std::move(*made));
  }

  auto accept() const noexcept { return accept_of<unix_stream>(socket_); }
  tokio::poll<accepted<unix_stream>> poll_accept(context& cx) const noexcept {
    return poll_accept_of<unix_stream>(socket_, cx.raw());
  }
  // A socket that listens already, made elsewhere, and non-blocking.
  static result<unix_listener> from_fd(owned_fd fd, call_site called = call_site::current()) {
    return adopt_socket<unix_listener>(std::move(fd), kind_of_socket::unix_stream, called);
  }
  // The descriptor as it is: non-blocking.
  result<owned_fd> into_fd() && noexcept { return std::move(socket_).into_fd(); }
  int fd() const noexcept { return socket_.fd(); }  // borrowed
  result<unix_address> local_addr() const noexcept { return socket_.local<unix_address>(); }
  result<std::optional<error>> take_error() const noexcept { return socket_.take_error(); }

 private:
  socket socket_;
};

}  // namespace tokio::net
