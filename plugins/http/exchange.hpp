// One request and its response, as a handler sees them.
//   tokio::task<> hello(exchange& to) { to.answer(200, "text/plain", "hello\n"); co_return; }
// A handler answers once: with answer(), or with begin(), any number of send(), and end(). When send() or read() says
// that the client is lost the handler just returns. A handler that returns without an answer, or throws, gives a 500;
// in the middle of one it ends the connection, which a client of HTTP/1.0 takes for the end of a body without a length.
// Who wants the body reads before the answer begins: a body that was not asked for by then is passed over.
// Threads: the connection's task; valid until the handler ends.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "request.hpp"
#include "response.hpp"
#include "router.hpp"
#include "target.hpp"
#include "tokio/core/host.hpp"
#include "tokio/task.hpp"

namespace http {

// What read() gives: bytes; none at the end of the body; `lost` when the rest of it will not come.
struct body_part {
  std::string_view bytes{};  // valid until the next read()
  bool lost = false;
};

class exchange {
 public:
  exchange() = default;
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;
  virtual ~exchange() = default;

  [[nodiscard]] virtual const request& asked() const = 0;
  [[nodiscard]] virtual const target& at() const = 0;
  // Of the route's pattern; empty when it has none of that name.
  [[nodiscard]] virtual std::string_view parameter(std::string_view name) const = 0;
  [[nodiscard]] virtual tokio::task<body_part> read() = 0;

  // The body is copied and kept until it is sent: what is large goes out with begin() and send().
  virtual void answer(int status, std::string_view type, std::string_view body, const field_lines& more = {}) = 0;
  // Without a length the body goes out in chunks. False: nothing is to be sent (the request was a HEAD).
  virtual bool begin(int status, std::string_view type, std::optional<std::uint64_t> length,
                     const field_lines& more = {}) = 0;
  // False: the client is lost. What is small is gathered; flush() sends it now.
  [[nodiscard]] virtual tokio::task<bool> send(std::string_view bytes) = 0;
  [[nodiscard]] virtual tokio::task<bool> flush() = 0;
  virtual void end() = 0;
};

inline std::int64_t wall_seconds() {
  auto* const instance = tokio::current_instance("the time of day needs an instance");
  return tokio::host.core->wall_ns(instance) / 1'000'000'000;
}

// Lives in the table of routes, and its captures with it, longer than any task it makes.
using handler = std::function<tokio::task<>(exchange&)>;

}  // namespace http
