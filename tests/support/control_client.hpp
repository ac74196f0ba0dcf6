// A raw client of a control socket, for tests: writes bytes, reads lines, and never waits for ever.
// Invariant: what a method answers or refuses with is what the method table says; every wait ends within `patience`;
// what did not come is an empty answer that a check can see. Threads:   one.
#pragma once
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "support/method_result.hpp"
#include "wire/framing.hpp"
#include "wire/get.hpp"
#include "wire/json.hpp"
#include "wire/parse.hpp"
#include "wire/rpc.hpp"

namespace tokiod::test {

using wire::json;

class control_client {
 public:
  explicit control_client(const std::string& path, int receive_buffer = 0)
      : control_client(unique_fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), path, receive_buffer) {}
  // With a socket that was made before.
  control_client(unique_fd made, const std::string& path, int receive_buffer = 0) : socket_(std::move(made)) {
    if (receive_buffer > 0) ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    connected_ = ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] int fd() const { return socket_.get(); }
  bool write(std::string_view text) {
    while (!text.empty()) {
      const auto n = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (n < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void end_writing() { ::shutdown(socket_.get(), SHUT_WR); }
  void close() { socket_.reset(); }

  // The next line, or "" when the server closed, or "TIMEOUT".
  std::string line() {
    for (;;) {
      if (auto next = lines_.next()) return next->text;
      const auto more = read();
      if (more.empty() || more == "TIMEOUT") return more;
      lines_.feed(more);
    }
  }
  json reply() {
    auto parsed = wire::parse(line(), {64, 1u << 22, false});
    return parsed ? std::move(*parsed) : json(nullptr);
  }
  json call(std::string_view method, const json& params = json::object()) {
    write(wire::print_request(++last_id_, method, params) + "\n");
    auto got = reply();
    const auto faults = faults_of_reply(method, got);
    CHECK_MESSAGE(faults.empty(), faults);
    return got;
  }
  std::string rest() {  // until the server closes
    std::string all;
    for (;;) {
      const auto more = read();
      if (more.empty() || more == "TIMEOUT") return all + more;
      all += more;
    }
  }
  [[nodiscard]] bool closed_by_server() { return line().empty(); }

 private:
  static constexpr int patience_ms = 20'000;

  std::string read() {
    pollfd at{socket_.get(), POLLIN, 0};
    if (::poll(&at, 1, patience_ms) != 1) return "TIMEOUT";
    std::array<char, 65536> chunk{};
    const auto n = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
    return n > 0 ? std::string(chunk.data(), static_cast<std::size_t>(n)) : std::string();
  }

  unique_fd socket_;
  bool connected_ = false;
  wire::line_reader lines_{64u << 20};
  int last_id_ = 0;
};

}  // namespace tokiod::test
