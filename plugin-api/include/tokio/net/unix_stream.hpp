// `unix_stream`: a connection between processes of one machine, through a path, an abstract name, or as a pair.
// Threads: one task reads and one writes at a time; any number wait for readiness.
#pragma once

#include <optional>
#include <utility>

#include "tokio/net/adopt.hpp"
#include "tokio/net/tcp_stream.hpp"

namespace tokio::net {

// Who is at the other end; the pid only when the system says it.
struct peer_credentials {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::optional<std::int32_t> pid;
};

class unix_connect_future;

class unix_stream : public stream_socket<unix_stream, unix_address> {
 public:
  explicit unix_stream(socket connected) noexcept : stream_socket(std::move(connected)) {}
  // Destroying the future closes what it has begun.
  static unix_connect_future connect(std::string_view path);
  static unix_connect_future connect_addr(const unix_address& to);
  // A connection that was made elsewhere, and is non-blocking.
  static result<unix_stream> from_fd(owned_fd fd, call_site at = call_site::current()) {
    return adopt_socket<unix_stream>(std::move(fd), kind_of_socket::unix_stream, at);
  }
  // Two streams connected to each other.
  static result<std::pair<unix_stream, unix_stream>> pair(call_site at = call_site::current()) {
    auto made = socket::pair(TOKIO_SOCK_STREAM, at);
    if (!made) return std::unexpected(made.error());
    return std::pair(unix_stream(std::move(made->first)), unix_stream(std::move(made->second)));
  }

  result<peer_credentials> peer_cred() const noexcept {
    peer_credentials who;
    std::int32_t pid = 0;
    if (const auto status = host.net->peer_cred(socket_.raw(), &who.uid, &who.gid, &pid); status < 0)
      return std::unexpected(error::from_status(status));
    if (pid != 0) who.pid = pid;
    return who;
  }
};

class [[nodiscard]] unix_connect_future {
 public:
  using output = result<unix_stream>;
  explicit unix_connect_future(result<unix_address> to) noexcept : to_(std::move(to)) {}
  tokio::poll<output> poll(context& cx) {
    if (!to_) return output(std::unexpect, to_.error());
    auto params = connect_future::stream_params();
    params.remote = to_->raw();
    return attempt_.poll(cx, params);
  }

 private:
  result<unix_address> to_;
  connect_attempt<unix_stream> attempt_;
};

inline unix_connect_future unix_stream::connect(std::string_view path) {
  return unix_connect_future(unix_address::from_path(path));
}
inline unix_connect_future unix_stream::connect_addr(const unix_address& to) { return unix_connect_future(to); }

}  // namespace tokio::net
