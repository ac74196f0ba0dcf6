// A plain client of the control socket: one line out, one line back. It knows nothing of tokioctl, so that a fault of
// one does not hide a fault of the other. Threads: one.
#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "wire/json.hpp"

namespace tokiod::test {

class rpc_client {
 public:
  explicit rpc_client(const std::string& socket_path);

  // True when somebody accepts connections there and answers a ping.
  [[nodiscard]] static bool answers(const std::string& socket_path);

  // The result; fails the test when there is an error instead, or no answer in time. Whatever comes is checked: a
  // result has the form, and an error one of the kinds, that the method table gives.
  wire::json call(std::string_view method, const wire::json& params = wire::json::object());
  // The error object; fails the test when there is a result instead.
  wire::json error(std::string_view method, const wire::json& params = wire::json::object());
  // The whole reply.
  wire::json reply(std::string_view method, const wire::json& params = wire::json::object());

  void send_line(std::string_view text);
  // The next line, parsed: a reply or an event.
  wire::json next_line(std::chrono::milliseconds limit = std::chrono::seconds(20));

 private:
  unique_fd fd_;
  std::string received_;
  int last_id_ = 0;
};

// The answer to "GET target" on the same socket, head and body.
[[nodiscard]] std::string http_get(const std::string& socket_path, const std::string& target);

}  // namespace tokiod::test
