// `tcp_stream`: a connection. Reads and writes are those of io/; the options are the system's.
//   auto stream = co_await tcp_stream::connect("127.0.0.1:6380");
// A connect() that is dropped gives the connection up; of the other operations see io/read.hpp and io/write.hpp.
// Threads: one task reads and one writes at a time; any number wait for readiness; options [any].
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "tokio/net/adopt.hpp"
#include "tokio/net/resolve.hpp"
#include "tokio/net/stream_socket.hpp"

namespace tokio::net {

class connect_future;

class tcp_stream : public stream_socket<tcp_stream, socket_address> {
 public:
  explicit tcp_stream(socket connected) noexcept : stream_socket(std::move(connected)) {}
  // Tries each address; the error is the last one's. Destroying the future closes what it has begun.
  static connect_future connect(target to);
  static connect_future connect(std::string_view host, std::uint16_t port);
  // A connection that was made elsewhere, and is non-blocking.
  static result<tcp_stream> from_fd(owned_fd fd, call_site called = call_site::current()) {
    return adopt_socket<tcp_stream>(std::move(fd), kind_of_socket::inet_stream, called);
  }

  result<> set_nodelay(bool on) noexcept { return socket_.set(TOKIO_OPT_NODELAY, on); }
  result<bool> nodelay() const noexcept { return socket_.get_flag(TOKIO_OPT_NODELAY); }
  result<> set_quickack(bool on) noexcept { return socket_.set(TOKIO_OPT_QUICKACK, on); }
  result<bool> quickack() const noexcept { return socket_.get_flag(TOKIO_OPT_QUICKACK); }
  // Seconds of silence before the system probes the peer; 0 is off.
  result<> set_keepalive(std::uint32_t seconds) noexcept { return socket_.set(TOKIO_OPT_KEEPALIVE_S, seconds); }
  result<std::int64_t> keepalive() const noexcept { return socket_.get(TOKIO_OPT_KEEPALIVE_S); }
  // The close throws unsent bytes away and the peer sees a reset.
  result<> set_zero_linger() noexcept { return socket_.set_linger(0); }
  // Milliseconds, nothing is off. The system counts whole seconds.
  result<> set_linger(std::optional<std::uint32_t> ms) noexcept { return socket_.set_linger(ms); }
  result<std::optional<std::uint32_t>> linger() const noexcept { return socket_.linger(); }
  result<> set_ttl(std::uint32_t hops) noexcept { return socket_.set(TOKIO_OPT_TTL, hops); }
  result<std::int64_t> ttl() const noexcept { return socket_.get(TOKIO_OPT_TTL); }
  result<> set_tos(std::uint32_t tos) noexcept { return socket_.set(TOKIO_OPT_TOS, tos); }
  result<std::int64_t> tos() const noexcept { return socket_.get(TOKIO_OPT_TOS); }
  // The system may round: Linux doubles.
  result<> set_recv_buffer_size(std::uint32_t bytes) noexcept { return socket_.set(TOKIO_OPT_RECV_BUF, bytes); }
  result<std::int64_t> recv_buffer_size() const noexcept { return socket_.get(TOKIO_OPT_RECV_BUF); }
  result<> set_send_buffer_size(std::uint32_t bytes) noexcept { return socket_.set(TOKIO_OPT_SEND_BUF, bytes); }
  result<std::int64_t> send_buffer_size() const noexcept { return socket_.get(TOKIO_OPT_SEND_BUF); }
};

// One connection attempt: the host was asked, and says when it is through.
template <class Stream>
class connect_attempt {
 public:
  tokio::poll<result<Stream>> poll(context& cx, const tokio_sock_params& params) {
    if (!begun_) {
      auto made = socket::make(&tokio_net_ext::connect, params, "there is no runtime here: connect() needs one");
      if (!made) return result<Stream>(std::unexpect, made.error());
      begun_ = std::move(*made);
    }
    const auto got = host.net->poll_connect(begun_->raw(), cx.raw());
    if (got == TOKIO_PENDING) return pending;
    auto done = std::exchange(begun_, std::nullopt);
    if (got < 0) return result<Stream>(std::unexpect, error::from_status(got));
    return result<Stream>(std::in_place, std::move(*done));
  }

 private:
  std::optional<socket> begun_;
};

class [[nodiscard]] connect_future {
 public:
  using output = result<tcp_stream>;
  explicit connect_future(target to, tokio_sock_params with = stream_params()) noexcept
      : lookup_(std::move(to)), params_(with) {}

  tokio::poll<output> poll(context& cx) {
    if (!addresses_) {
      auto found = lookup_.poll(cx);
      if (found.is_pending()) return pending;
      if (!found.value()) return output(std::unexpect, found.value().error());
      addresses_ = std::move(*found.value());
    }
    while (next_ < addresses_->size()) {
      params_.remote = (*addresses_)[next_].raw();
      auto connected = attempt_.poll(cx, params_);
      if (connected.is_pending()) return pending;
      if (connected.value()) return connected;
      last_error_ = connected.value().error();
      ++next_;
    }
    return output(std::unexpect, last_error_);
  }

  static tokio_sock_params stream_params() noexcept {
    tokio_sock_params params{};
    params.type = TOKIO_SOCK_STREAM;
    return params;
  }

 private:
  lookup_future lookup_;
  tokio_sock_params params_;
  std::optional<std::vector<socket_address>> addresses_;
  std::size_t next_ = 0;
  connect_attempt<tcp_stream> attempt_;
  error last_error_{error_kind::invalid_input, "the name has no address"};
};

inline connect_future tcp_stream::connect(target to) { return connect_future(std::move(to)); }
inline connect_future tcp_stream::connect(std::string_view host, std::uint16_t port) {
  return connect_future(target(host, port));
}

}  // namespace tokio::net
