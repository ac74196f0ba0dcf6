// The little HTTP that the sockets speak: GET and HEAD of /metrics, /livez and /readyz, one request per connection.
// Nothing that changes anything is reachable this way.
// Invariant: an answer is complete: status, headers with Connection: close, body.
// Threads:   any.
#pragma once
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "control/plane.hpp"

namespace tokiod::control {

inline constexpr std::size_t max_http_bytes = 8192;  // of a request's head

struct http_request {
  std::string method;
  std::string path;
  std::string query;
  std::string accept;  // what the client prefers; empty: anything
};

// Nothing yet: the head is not complete. An error is the finished refusal to send.
[[nodiscard]] std::optional<std::expected<http_request, std::string>> read_http(std::string_view head);
[[nodiscard]] std::string answer_http(const plane& shared, const grant& rights, const http_request& request);

}  // namespace tokiod::control
