#include "support/rpc_client.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "support/method_result.hpp"
#include "wire/parse.hpp"

namespace tokiod::test {
namespace {

unique_fd connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return unique_fd();
  std::memcpy(address.sun_path, path.data(), path.size());
  unique_fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return unique_fd();
  return fd;
}

bool readable(int fd, std::chrono::milliseconds limit) {
  pollfd one{fd, POLLIN, 0};
  return ::poll(&one, 1, static_cast<int>(limit.count())) > 0;
}

}  // namespace

rpc_client::rpc_client(const std::string& socket_path) : fd_(connect_to(socket_path)) {
  REQUIRE_MESSAGE(fd_, "cannot connect to ", socket_path);
}

bool rpc_client::answers(const std::string& socket_path) {
  const auto fd = connect_to(socket_path);
  constexpr std::string_view ping = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"control.ping\"}\n";
  std::byte first{};
  return fd && write_all(fd.get(), std::as_bytes(std::span(ping))) && readable(fd.get(), std::chrono::seconds(5)) &&
         read_some(fd.get(), {&first, 1}).value_or(0) == 1;
}

wire::json rpc_client::call(std::string_view method, const wire::json& params) {
  wire::json got = reply(method, params);
  REQUIRE_MESSAGE(got.contains("result"), method, ": ", wire::dump(got));
  return std::move(got["result"]);
}

wire::json rpc_client::error(std::string_view method, const wire::json& params) {
  wire::json got = reply(method, params);
  REQUIRE_MESSAGE(got.contains("error"), method, ": ", wire::dump(got));
  return std::move(got["error"]);
}

wire::json rpc_client::reply(std::string_view method, const wire::json& params) {
  const int id = ++last_id_;
  send_line(wire::dump({{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}));
  for (;;) {
    wire::json got = next_line();
    if (!got.contains("id") || got["id"] != id) continue;
    const auto faults = faults_of_reply(method, got);
    CHECK_MESSAGE(faults.empty(), faults);
    return got;
  }
}

void rpc_client::send_line(std::string_view text) {
  const std::string line = std::string(text) + "\n";
  REQUIRE(write_all(fd_.get(), std::as_bytes(std::span(line))));
}

wire::json rpc_client::next_line(std::chrono::milliseconds limit) {
  for (;;) {
    if (const auto end = received_.find('\n'); end != std::string::npos) {
      auto parsed = wire::parse(std::string_view(received_).substr(0, end), {.values = 1'000'000});
      REQUIRE_MESSAGE(parsed, "not JSON: ", received_.substr(0, end));
      received_.erase(0, end + 1);
      return std::move(*parsed);
    }
    REQUIRE_MESSAGE(readable(fd_.get(), limit), "no answer in time");
    std::byte chunk[65536];
    const auto n = read_some(fd_.get(), chunk);
    REQUIRE_MESSAGE((n && *n > 0), "the daemon closed the connection");
    received_.append(reinterpret_cast<const char*>(chunk), *n);
  }
}

std::string http_get(const std::string& socket_path, const std::string& target) {
  const auto fd = connect_to(socket_path);
  REQUIRE(fd);
  const std::string request = "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  REQUIRE(write_all(fd.get(), std::as_bytes(std::span(request))));
  std::string answer;
  for (;;) {
    REQUIRE(readable(fd.get(), std::chrono::seconds(20)));
    std::byte chunk[65536];
    const auto n = read_some(fd.get(), chunk);
    if (!n || *n == 0) return answer;
    answer.append(reinterpret_cast<const char*>(chunk), *n);
  }
}

}  // namespace tokiod::test
