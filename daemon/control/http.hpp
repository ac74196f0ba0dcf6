// The little HTTP that the sockets speak: GET and HEAD of /metrics, /livez and /readyz, and of / and /page.json, a page
// for a browser and what it draws; one request per connection. Nothing that changes anything is reachable this way, and
// no page of another site is given anything: there is no CORS header, and a name that is not ours (a name of that site
// which was made to resolve to us) is turned away.
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
  std::string accept;          // what the client prefers; empty: anything
  std::string host;            // under which name it means us; empty: it does not say, so it is no browser
  std::string fetch_site;      // what a browser says of who asks: none, same-origin, cross-site
  bool over_loopback = false;  // it came through a loopback port
};

// Nothing yet: the head is not complete. An error is the finished refusal to send.
[[nodiscard]] std::optional<std::expected<http_request, std::string>> read_http(std::string_view head);
[[nodiscard]] std::string answer_http(const plane& shared, const grant& rights, const http_request& request);

}  // namespace tokiod::control
