// Errors as values. `error` is what a system call said (hot and warm paths); `refusal` is one whole sentence with a
// stable kind, made on cold paths and shown unchanged in the log, in a JSON reply and on a terminal. Threads: plain
// values, no shared state.
#pragma once
#include <cerrno>
#include <cstdint>
#include <expected>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace tokiod {

// An errno value and the call that gave it. `what` is a string literal: "epoll_ctl", "bind".
struct error {
  int code = 0;
  const char* what = "";

  [[nodiscard]] static error last(const char* what) { return {errno, what}; }
  [[nodiscard]] std::string text() const;  // "bind: Address already in use"
  friend bool operator==(const error& a, const error& b) { return a.code == b.code; }
};

template <class T, class E = error>
using result = std::expected<T, E>;

// The stable kinds of refusal. Each has a name and a JSON-RPC code; both are part of the control protocol.
enum class kind : std::uint8_t {
  parse_error,
  invalid_request,
  method_not_found,
  invalid_params,
  missing_param,
  unknown_param,
  wrong_type,
  out_of_range,
  bad_enum,
  internal,
  permission_denied,
  wrong_state,
  too_large,
  too_deep,
  too_many_clients,
  rate_limited,
  timeout,
  draining,
  cancelled,
  busy,
  slow_consumer,
  not_found,
  conflict,
  invalid_config,
  refused,
  needs_restart,
  io_error,
  bad_plugin,
  abi_mismatch,
  missing_dependency,
  init_failed,
  in_use,
  drain_timeout,
  not_trusted,
  quarantined,
  plugin_error,
  quota_exceeded,
  unsupported,
};
[[nodiscard]] std::string_view name(kind k);  // "out_of_range"
[[nodiscard]] int rpc_code(kind k);           // -32602

// A kind and one sentence that names the thing, the fact and the limit. `path` is a JSON Pointer into the offending
// document ("/plugins/instances/echo/config/port") where there is one; `hint` is a second sentence that helps.
struct refusal {
  kind why = kind::internal;
  std::string sentence;
  std::string path;
  std::string hint;
};

template <class T>
using outcome = std::expected<T, refusal>;

// refuse(kind::bad_plugin, path, ": no symbol tokio_plugin_v0") - parts are streamed together.
template <class... Parts>
[[nodiscard]] std::unexpected<refusal> refuse(kind why, const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return std::unexpected(refusal{why, std::move(text).str(), {}, {}});
}

}  // namespace tokiod
