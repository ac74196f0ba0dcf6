// `tcp_listener`: accepts connections. `tcp_socket`: a listener or a connection with options set before it exists.
//   auto listener = co_await tcp_listener::bind("127.0.0.1:7007");
//   while (true) { auto accepted = co_await listener->accept(); ... }
// Threads: one task accepts at a time; the rest [any].
#pragma once

#include <utility>

#include "tokio/net/tcp_stream.hpp"

namespace tokio::net {

// Accepts one connection of a listener. Cancel safe.
template <class Stream>
class [[nodiscard]] accept_future {
 public:
  using address_type = typename Stream::address_type;
  using output = result<std::pair<Stream, address_type>>;
  explicit accept_future(const socket& listener) noexcept : listener_(&listener) {}
  tokio::poll<output> poll(context& cx) noexcept { return poll_accept(*listener_, cx); }

  static tokio::poll<output> poll_accept(const socket& listener, context& cx) noexcept {
    tokio_io* raw = nullptr;
    tokio_addr peer{};
    const auto got = host.net->poll_accept(listener.raw(), cx.raw(), &raw, &peer);
    if (got == TOKIO_PENDING) return pending;
    if (got < 0) return output(std::unexpect, error::from_status(got));
    return output(std::in_place, Stream(socket(raw)), address_type(peer));
  }

 private:
  const socket* listener_;
};

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
  accept_future<tcp_stream> accept() noexcept { return accept_future<tcp_stream>(socket_); }
  auto poll_accept(context& cx) noexcept { return accept_future<tcp_stream>::poll_accept(socket_, cx); }
  result<socket_address> local_addr() const noexcept { return socket_.local<socket_address>(); }
  result<> set_ttl(std::uint32_t hops) noexcept { return socket_.set(TOKIO_OPT_TTL, hops); }
  result<std::int64_t> ttl() const noexcept { return socket_.get(TOKIO_OPT_TTL); }

 private:
  friend class tcp_socket;
  static result<tcp_listener> listen(const tokio_sock_params& params, call_site called) {
    auto made = socket::make(&tokio_net_ext::listen, params, "there is no runtime here: a listener needs one", called);
    if (!made) return std::unexpected(made.error());
    return tcp_listener(std::move(*made));
  }

  socket socket_;
};

// Options first, the socket with listen() or connect().
class tcp_socket {
 public:
  tcp_socket() noexcept : params_(connect_future::stream_params()) {}

  tcp_socket& set_reuseaddr(bool on) noexcept { return flag(TOKIO_SF_REUSEADDR, on); }
  tcp_socket& set_reuseport(bool on) noexcept { return flag(TOKIO_SF_REUSEPORT, on); }
  tcp_socket& set_nodelay(bool on) noexcept { return flag(TOKIO_SF_NODELAY, on); }
  tcp_socket& set_keepalive(bool on) noexcept { return flag(TOKIO_SF_KEEPALIVE, on); }
  tcp_socket& set_only_v6(bool on) noexcept { return flag(TOKIO_SF_V6ONLY, on); }
  tcp_socket& set_recv_buffer_size(std::uint32_t bytes) noexcept { return params_.recv_buf = bytes, *this; }
  tcp_socket& set_send_buffer_size(std::uint32_t bytes) noexcept { return params_.send_buf = bytes, *this; }
  tcp_socket& set_ttl(std::uint32_t hops) noexcept { return params_.ttl = hops, *this; }
  // Taken when the socket is made, by listen() or connect().
  tcp_socket& bind(const socket_address& local) noexcept { return params_.local = local.raw(), *this; }

  result<tcp_listener> listen(std::uint32_t backlog, call_site called = call_site::current()) const {
    auto params = params_;
    params.backlog = backlog;
    return tcp_listener::listen(params, called);
  }
  connect_future connect(const socket_address& to) const { return connect_future(target(to), params_); }

 private:
  tcp_socket& flag(std::uint64_t bit, bool on) noexcept {
    params_.flags = on ? params_.flags | bit : params_.flags & ~bit;
    return *this;
  }
  tokio_sock_params params_;
};

}  // namespace tokio::net
