#include "ctl/client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "wire/daemon_place.hpp"
#include "wire/parse.hpp"

namespace tokiod::ctl {
namespace {

constexpr std::size_t longest_path = sizeof(sockaddr_un::sun_path) - 1;
constexpr int busy_pause_ms = 20;  // the daemon's backlog is full: it will be served within a turn of its loop
// A reply may hold a long list: the daemon's own limits on requests are not for it.
constexpr wire::parse_limits reply_limits = {64, 8u << 20, false};

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

int milliseconds_until(instant_ns deadline) {
  const auto now = steady_clock().now();
  if (now >= deadline) return 0;
  return static_cast<int>(std::min<std::uint64_t>((deadline - now) / millisecond + 1, 1'000'000));
}

result<void> wait_for(int fd, short events, instant_ns deadline) {
  pollfd at{fd, events, 0};
  const int ready = retry_eintr([&] { return ::poll(&at, 1, milliseconds_until(deadline)); });
  if (ready < 0) return std::unexpected(error::last("poll"));
  if (ready == 0) return std::unexpected(error{ETIMEDOUT, "poll"});
  return {};
}

result<unique_fd> connect_to(const std::string& path, instant_ns deadline) {
  if (path.size() > longest_path) return std::unexpected(error{ENAMETOOLONG, "connect"});
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, longest_path);
  for (;;) {
    unique_fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return std::unexpected(error::last("socket"));
    const int said = retry_eintr(
        [&] { return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address); });
    if (said == 0) return socket;
    if (errno != EAGAIN || steady_clock().now() >= deadline) return std::unexpected(error::last("connect"));
    ::poll(nullptr, 0, busy_pause_ms);
  }
}

refusal lost(const std::string& path, const error& why) {
  if (why.code == ETIMEDOUT) return refuse(kind::timeout, "no answer from ", path, " in time").error();
  return refuse(kind::io_error, "lost the daemon at ", path, ": ", why.text()).error();
}

}  // namespace

std::vector<std::string> socket_candidates(const daemon_name& which) {
  if (!which.socket.empty()) return {which.socket};
  if (!which.instance.empty()) {
    std::vector<std::string> its = {wire::control_socket_of(which.instance)};
    if (const auto own = from_environment("XDG_RUNTIME_DIR"); !own.empty())
      its.push_back(wire::control_socket_of(which.instance, own));
    its.push_back(wire::observe_socket_of(which.instance));
    return its;
  }
  if (auto named = from_environment("TOKIOD_SOCKET"); !named.empty()) return {std::move(named)};
  std::vector<std::string> all = {"/run/tokiod/control.sock"};
  if (const auto own = from_environment("XDG_RUNTIME_DIR"); !own.empty()) all.push_back(own + "/tokiod/control.sock");
  all.emplace_back("/run/tokiod/observe.sock");
  return all;
}

outcome<client> client::connect(const std::vector<std::string>& candidates, instant_ns deadline) {
  std::string tried, closed;
  for (const auto& path : candidates) {
    auto socket = connect_to(path, deadline);
    if (socket) return client(std::move(*socket), path);
    if (closed.empty() && (socket.error().code == EACCES || socket.error().code == EPERM)) closed = path;
    tried.append(tried.empty() ? "" : "; ").append(path).append(": ").append(std::strerror(socket.error().code));
  }
  if (!closed.empty()) {
    auto no = refuse(kind::permission_denied, "you may not connect to ", closed);
    no.error().hint = "its owner, group and mode say who may: see ls -l " + closed;
    return no;
  }
  auto no = refuse(kind::io_error, "no daemon answers (", tried, ")");
  no.error().hint = "name its socket with --socket or TOKIOD_SOCKET, or the daemon with --instance";
  return no;
}

outcome<wire::answer> client::call(std::string_view method, const json& params, instant_ns deadline) {
  const int id = ++last_id_;
  // A daemon that is full says so and closes before it reads: what it said is worth more than our broken pipe.
  const auto written = write(wire::print_request(id, method, params) + "\n", deadline);
  for (;;) {
    auto read_line = read(deadline);
    if (!read_line) return std::unexpected(written ? read_line.error() : written.error());
    if (!read_line->notification.empty())
      early_.push_back(std::move(*read_line));
    else if (*read_line->id == id || (read_line->id->is_null() && !read_line->what))
      return std::move(read_line->what);
  }
}

outcome<wire::incoming> client::next(instant_ns deadline) {
  if (early_.empty()) return read(deadline);
  auto first = std::move(early_.front());
  early_.erase(early_.begin());
  return first;
}

outcome<void> client::write(std::string_view text, instant_ns deadline) {
  while (!text.empty()) {
    const auto n = retry_eintr([&] { return ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL); });
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
      continue;
    }
    if (errno != EAGAIN) return std::unexpected(lost(path_, error::last("send")));
    if (const auto ready = wait_for(socket_.get(), POLLOUT, deadline); !ready)
      return std::unexpected(lost(path_, ready.error()));
  }
  return {};
}

outcome<wire::incoming> client::read(instant_ns deadline) {
  std::array<std::byte, 65536> chunk{};
  for (;;) {
    if (const auto line = lines_.next()) {
      if (line->too_long)
        return refuse(kind::too_large, "the daemon's reply has more than ", max_reply_bytes, " bytes");
      auto document = wire::parse(line->text, reply_limits);
      if (!document) return refuse(kind::parse_error, path_, " does not speak JSON-RPC: ", document.error().sentence);
      return wire::read_incoming(std::move(*document));
    }
    if (const auto ready = wait_for(socket_.get(), POLLIN, deadline); !ready)
      return std::unexpected(lost(path_, ready.error()));
    const auto n = read_some(socket_.get(), chunk);
    if (!n && n.error().code == EAGAIN) continue;
    if (!n) return std::unexpected(lost(path_, n.error()));
    if (*n == 0) return refuse(kind::io_error, "the daemon at ", path_, " closed the connection");
    lines_.feed({reinterpret_cast<const char*>(chunk.data()), *n});
  }
}

}  // namespace tokiod::ctl
