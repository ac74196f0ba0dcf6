// JSON-RPC 2.0 as values: what a line asks, and the line that answers. One message is one line.
// Invariant: what print_* returns is one line of valid JSON without its line feed.
// Threads:   pure functions [any].
#pragma once
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "wire/json.hpp"

namespace tokiod::wire {

inline constexpr std::size_t max_batch = 64;

// An error object. `data` always holds kind and retryable, and path and hint where there are any.
struct rpc_error {
  int code = 0;
  std::string message;
  json data;
};

// `more` are further members of data: {"current": "draining", "allowed": ["running"]}.
[[nodiscard]] rpc_error to_rpc_error(const refusal& why, const json& more = json::object());
[[nodiscard]] bool retryable(kind why);  // the same request may succeed later, unchanged

// What a method gives back.
using answer = std::expected<json, rpc_error>;

struct request {
  std::optional<json> id;  // absent: a notification, which is carried out and never answered
  std::string method;
  json params = json::object();
};

// One member of a message: a request, or why it is none and the id to say so to.
struct bad_request {
  json id;
  rpc_error error;
};
using member = std::expected<request, bad_request>;

struct message {
  bool batch = false;
  std::vector<member> members;
};

// Fails when the message as a whole is no request and no batch; a bad member of a batch fails alone.
[[nodiscard]] std::expected<message, rpc_error> read_message(json document);

[[nodiscard]] std::string print_request(const json& id, std::string_view method, const json& params);
[[nodiscard]] std::string print_reply(const json& id, const answer& what);
[[nodiscard]] json reply_object(const json& id, const answer& what);  // a member of a batch's reply
[[nodiscard]] std::string print_notification(std::string_view method, const json& params);

// The client's side: a reply to `id`, or a notification.
struct incoming {
  std::optional<json> id;
  std::string notification;  // the method of a notification; empty for a reply
  answer what;               // of a notification: its params
};
[[nodiscard]] outcome<incoming> read_incoming(json document);

}  // namespace tokiod::wire
