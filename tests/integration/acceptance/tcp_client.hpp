// A plain client of a plugin's port on 127.0.0.1, and a port for the plugin that nobody else takes.
// Invariant: every wait has a limit; a client reports instead of asserting, so that any thread may use it.
//            A listener is the other way round: a server that does what the test says.
// Threads:   one for each object, and one more that sends.
#pragma once
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/fd.hpp"

namespace tokiod::test {

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A port that the kernel chose. It stays bound, without listening, so that it is given to nobody as a source port;
// a listener with SO_REUSEADDR, as the plugins open, may still take it.
class reserved_port {
 public:
  reserved_port() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    auto address = loopback(0);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
    REQUIRE(::bind(fd_.get(), raw, size) == 0);
    REQUIRE(::getsockname(fd_.get(), raw, &size) == 0);
    number_ = ntohs(address.sin_port);
  }
  [[nodiscard]] std::uint16_t number() const { return number_; }
  [[nodiscard]] std::string text() const { return std::to_string(number_); }
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  unique_fd fd_;
  std::uint16_t number_ = 0;
};

class tcp_client {
 public:
  static constexpr int patience_ms = 20'000;

  explicit tcp_client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto to = loopback(port);
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) fd_.reset();
  }
  explicit tcp_client(unique_fd connected) : fd_(std::move(connected)) {}

  [[nodiscard]] bool connected() const { return static_cast<bool>(fd_); }
  [[nodiscard]] bool send(std::string_view text) {
    while (fd_ && !text.empty()) {
      const auto n = retry_eintr([&] { return ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL); });
      if (n < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return connected();
  }
  // The other side reads an end; it may still send.
  [[nodiscard]] bool end_sending() { return ::shutdown(fd_.get(), SHUT_WR) == 0; }
  // Everything up to and with `end`; nothing when the other side closes, or stays silent, before.
  std::optional<std::string> read_until(std::string_view end) {
    for (;;) {
      if (const auto at = received_.find(end); at != std::string::npos) return take(at + end.size());
      if (!receive()) return std::nullopt;
    }
  }
  // Everything until the other side closes; nothing when it does not.
  std::optional<std::string> read_to_end() {
    while (receive()) {
    }
    if (!ended_) return std::nullopt;
    return take(received_.size());
  }

 private:
  std::string take(std::size_t bytes) {
    std::string taken = received_.substr(0, bytes);
    received_.erase(0, bytes);
    return taken;
  }
  bool receive() {
    pollfd one{fd_.get(), POLLIN, 0};
    if (!fd_ || ::poll(&one, 1, patience_ms) <= 0) return false;
    std::byte chunk[4096];
    const auto n = read_some(fd_.get(), chunk);
    ended_ = n && *n == 0;
    if (!n || *n == 0) return false;
    received_.append(reinterpret_cast<const char*>(chunk), *n);
    return true;
  }

  unique_fd fd_;
  std::string received_;
  bool ended_ = false;
};

class listener {
 public:
  listener() { REQUIRE(::listen(port_.fd(), 64) == 0); }
  [[nodiscard]] std::string text() const { return port_.text(); }
  // The next connection; fails the test when none comes.
  [[nodiscard]] tcp_client accept() {
    pollfd one{port_.fd(), POLLIN, 0};
    REQUIRE(::poll(&one, 1, tcp_client::patience_ms) == 1);
    return tcp_client(unique_fd(::accept4(port_.fd(), nullptr, nullptr, SOCK_CLOEXEC)));
  }

 private:
  reserved_port port_;
};

}  // namespace tokiod::test
