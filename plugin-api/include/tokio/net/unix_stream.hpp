// `unix_stream`: a connection between processes of one machine, through a path, an abstract name, or as a pair.
// Threads: one task for each direction at a time.
#pragma once

#include <optional>
#include <utility>

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
  static unix_connect_future connect(std::string_view path);
  static unix_connect_future connect_addr(const unix_address& to);
  // Two streams connected to each other.
  static result<std::pair<unix_stream, unix_stream>> pair(call_site at = call_site::current()) {
    if (!host.net) return std::unexpected(no_network());
    tokio_io* a = nullptr;
    tokio_io* b = nullptr;
    auto* instance = current_instance("there is no runtime here: pair() needs a task or an instance_scope", at);
    if (const auto status = host.net->pair(instance, TOKIO_SOCK_STREAM, &a, &b); status < 0)
      return std::unexpected(error::from_status(status));
    return std::pair(unix_stream(socket(a)), unix_stream(socket(b)));
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
