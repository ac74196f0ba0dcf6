#include "wire/rpc.hpp"

#include <utility>

#include "wire/get.hpp"
#include "wire/parse.hpp"

namespace tokiod::wire {
namespace {

constexpr std::size_t max_id_bytes = 256;

rpc_error invalid(std::string sentence) { return to_rpc_error({kind::invalid_request, std::move(sentence), {}, {}}); }

bool is_id(const json& id) {
  if (id.is_string()) return id.get_ref<const std::string&>().size() <= max_id_bytes;
  return id.is_number_integer() || id.is_null();
}

json id_of(const json& document) {
  const json* id = find(document, "id");
  return id && is_id(*id) ? *id : json(nullptr);
}

// The first member that a request does not have, or empty. A misspelt "parms" must not be ignored in silence.
std::string stray_member(const json& document) {
  for (const auto& [name, value] : document.items())
    if (name != "jsonrpc" && name != "id" && name != "method" && name != "params") return name;
  return {};
}

std::optional<std::string> fault_of(const json& document) {
  if (!document.is_object()) return "a request must be an object, got " + std::string(type_name(document));
  if (text_or(document, "jsonrpc") != "2.0") return "the member jsonrpc must be \"2.0\"";
  const json* id = find(document, "id");
  if (id && !is_id(*id)) return "the member id must be a string of at most 256 bytes, an integer or null";
  const json* method = find(document, "method");
  if (!method || !method->is_string()) return "the member method must be a string";
  const json* params = find(document, "params");
  if (params && !params->is_object() && !(params->is_array() && params->empty()))
    return "params are given by name: the member params must be an object, got " + std::string(type_name(*params));
  if (const auto stray = stray_member(document); !stray.empty()) return "a request has no member " + stray;
  return std::nullopt;
}

member read_member(json document) {
  if (auto fault = fault_of(document)) return std::unexpected(bad_request{id_of(document), invalid(*std::move(fault))});
  request asked;
  if (const json* id = find(document, "id")) asked.id = *id;
  asked.method = text_or(document, "method");
  if (document.contains("params") && document["params"].is_object()) asked.params = std::move(document["params"]);
  return asked;
}

}  // namespace

bool retryable(kind why) {
  switch (why) {
    case kind::too_many_clients:
    case kind::rate_limited:
    case kind::timeout:
    case kind::busy:
    case kind::slow_consumer:
    case kind::drain_timeout:
    case kind::quota_exceeded: return true;
    default: return false;
  }
}

rpc_error to_rpc_error(const refusal& why, const json& more) {
  json data = {{"kind", name(why.why)}, {"retryable", retryable(why.why)}};
  if (!why.path.empty()) data["path"] = why.path;
  if (!why.hint.empty()) data["hint"] = why.hint;
  for (const auto& [key, value] : more.items()) data[key] = value;
  return {rpc_code(why.why), why.sentence, std::move(data)};
}

std::expected<message, rpc_error> read_message(json document) {
  message read;
  if (!document.is_array()) {
    read.members.push_back(read_member(std::move(document)));
    return read;
  }
  if (document.empty()) return std::unexpected(invalid("a batch must have at least one member"));
  if (document.size() > max_batch)
    return std::unexpected(to_rpc_error(
        refuse(kind::too_large, "a batch has at most ", max_batch, " members, got ", document.size()).error()));
  read.batch = true;
  for (auto& each : document) read.members.push_back(read_member(std::move(each)));
  return read;
}

json reply_object(const json& id, const answer& what) {
  json reply = {{"jsonrpc", "2.0"}, {"id", id}};
  if (what)
    reply["result"] = *what;
  else
    reply["error"] = {{"code", what.error().code}, {"message", what.error().message}, {"data", what.error().data}};
  return reply;
}

std::string print_reply(const json& id, const answer& what) { return dump(reply_object(id, what)); }

std::string print_request(const json& id, std::string_view method, const json& params) {
  return dump({{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}});
}

std::string print_notification(std::string_view method, const json& params) {
  return dump({{"jsonrpc", "2.0"}, {"method", method}, {"params", params}});
}

outcome<incoming> read_incoming(json document) {
  if (text_or(document, "jsonrpc") != "2.0") return refuse(kind::parse_error, "the daemon's line is not JSON-RPC 2.0");
  incoming read;
  if (const json* method = find(document, "method")) {
    if (!method->is_string()) return refuse(kind::parse_error, "the daemon's notification has no method name");
    read.notification = method->get<std::string>();
    read.what = document.contains("params") ? std::move(document["params"]) : json::object();
    return read;
  }
  read.id = id_of(document);
  if (const json* error = find(document, "error")) {
    const json* data = find(*error, "data");
    read.what = std::unexpected(rpc_error{static_cast<int>(integer_or(*error, "code", 0)), text_or(*error, "message"),
                                          data ? *data : json::object()});
    return read;
  }
  if (!document.contains("result")) return refuse(kind::parse_error, "the daemon's reply has no result and no error");
  read.what = std::move(document["result"]);
  return read;
}

}  // namespace tokiod::wire
