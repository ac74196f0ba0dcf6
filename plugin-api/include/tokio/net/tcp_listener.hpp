// `tcp_listener`: accepts connections. For options that are set before it listens: tcp_socket.
//   auto listener = co_await tcp_listener::bind("127.0.0.1:7007");
//   while (true) { auto accepted = co_await listener->accept(); ... }
// Threads: any number of tasks accept; one at a time is in poll_accept().
#pragma once

#include <utility>

#include "tokio/net/tcp_stream.hpp"

namespace tokio::net {

template <class Stream>
using accepted = result<std::pair<Stream, typename Stream::address_type>>;

// The newest waker only; a null context tries once.
template <class Stream>
tokio::poll<accepted<Stream>> poll_accept_of(const socket& listener, tokio_cx* cx) noexcept {
  tokio_io* raw = nullptr;
  tokio_addr peer{};
  const auto got = host.net->poll_accept(listener.raw(), cx, &raw, &peer);
  if (got == TOKIO_PENDING) return pending;
  if (got < 0) return accepted<Stream>(std::unexpect, error::from_status(got));
  return accepted<Stream>(std::in_place, Stream(socket(raw)), typename Stream::address_type(peer));
}

// Accepts one connection. Any number of tasks may wait for one. Cancel safe.
template <class Stream>
auto accept_of(const socket& listener) noexcept {
  return shared_future(listener, interest::readable(),
                       [&listener](tokio_cx* cx) { return poll_accept_of<Stream>(listener, cx); });
}

class tcp_listener {
 public:
  static constexpr std::uint32_t default_backlog = 1024;

  explicit tcp_listener(socket listening) noexcept : socket_(std::move(listening)) {}
  // Port 0 lets the system choose; local_addr() says which. Tries each address; the error is the last one's.
  static auto bind(target to) {
    return for_each_address<tcp_listener>(std::move(to), [](const socket_address& at) { return bind_to(at); });
  }
  // The same for one known address, without an await.
  static result<tcp_listener> bind_to(const socket_address& at, std::uint32_t backlog = default_backlog,
                                      call_site called = call_site::current()) {
    auto params = connect_future::stream_params();
    params.flags = TOKIO_SF_REUSEADDR;
    params.local = at.raw();
    params.backlog = backlog;
    return listen(params, called);
  }

  // Errors such as too many open files leave the listener usable.
  auto accept() const noexcept { return accept_of<tcp_stream>(socket_); }
  tokio::poll<accepted<tcp_stream>> poll_accept(context& cx) const noexcept {
    return poll_accept_of<tcp_stream>(socket_, cx.raw());
  }
  // A socket that listens already, made elsewhere, and non-blocking.
  static result<tcp_listener> from_fd(owned_fd fd, call_site called = call_site::current()) {
    return adopt_socket<tcp_listener>(std::move(fd), kind_of_socket::inet_stream, called);
  }
  // The descriptor as it is: non-blocking.
  result<owned_fd> into_fd() && noexcept { return std::move(socket_).into_fd(); }
  int fd() const noexcept { return socket_.fd(); }  // borrowed
  result<socket_address> local_addr() const noexcept { return socket_.local<socket_address>(); }
  result<std::optional<error>> take_error() const noexcept { return socket_.take_error(); }
  result<> set_ttl(std::uint32_t hops) noexcept { return socket_.set(TOKIO_OPT_TTL, hops); }
  result<std::int64_t> ttl() const noexcept { return socket_.get(TOKIO_OPT_TTL); }

 private:
  static result<tcp_listener> listen(const tokio_sock_params& params, call_site called) {
    auto made = socket::make(&tokio_net_ext::listen, params, "there is no runtime here: a listener needs one", called);
    if (!made) return std::unexpected(made.error());
    return tcp_listener(std::move(*made));
  }

  socket socket_;
};

}  // namespace tokio::net
