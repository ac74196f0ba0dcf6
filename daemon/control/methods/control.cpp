#include <algorithm>
#include <optional>

#include "base/clock.hpp"
#include "base/glob.hpp"
#include "control/id_text.hpp"
#include "control/methods/methods.hpp"
#include "control/view/time.hpp"
#include "wire/get.hpp"

namespace tokiod::control {
namespace {

// On a reader: the document is made of some hundred schemas.
answer rpc_discover(const plane& shared, const json&) { return wire::openrpc_document(shared.version); }

answer control_ping(const call_site& site, const json& params) {
  json pong = json::object();
  if (const json* echo = wire::find(params, "echo")) pong["echo"] = *echo;
  pong["now"] = seconds_of(wall_clock_ns());
  pong["loop_lag_seconds"] = static_cast<double>(site.shared.counts.lag()) / 1e9;
  return pong;
}

answer control_whoami(const call_site& site, const json&) {
  return json{{"uid", site.who.uid},
              {"gid", site.who.gid},
              {"groups", site.who.groups},
              {"pid", site.who.pid},
              {"comm", site.who.comm},
              {"socket", site.socket},
              {"level", name(site.rights.has)},
              {"ceiling", name(site.rights.ceiling)},
              {"rule", site.rights.rule},
              {"allow", site.rights.allow},
              {"deny", site.rights.deny}};
}

// ---- what this connection is
constexpr std::int64_t protocol_spoken = 1;
constexpr std::string_view features[] = {"batch", "event_replay", "events", "http", "operations", "plugin_call_events"};

json limits_of(const limits& bounds) {
  return {{"max_request_bytes", bounds.max_request_bytes},
          {"max_depth", bounds.max_depth},
          {"max_values", bounds.max_values},
          {"max_in_flight", bounds.max_in_flight},
          {"max_subscriptions", bounds.max_subscriptions}};
}

std::optional<refusal> not_offered(const json& params) {
  if (const auto asked = wire::integer_or(params, "protocol", protocol_spoken); asked != protocol_spoken)
    return refuse(kind::unsupported, "the daemon speaks protocol 1, not ", asked).error();
  for (const auto& each : *wire::find(params, "want"))
    if (const auto named = each.get<std::string>(); std::ranges::find(features, named) == std::end(features))
      return refuse(kind::unsupported, "the daemon has no feature ", named.substr(0, 40)).error();
  return std::nullopt;
}

answer control_hello(const call_site& site, const json& params) {
  if (const auto no = not_offered(params)) return refused(*no);
  if (const auto named = wire::text_or(params, "client"); !named.empty()) site.name = named;
  return json{{"server", "tokiod"},
              {"version", site.shared.version},
              {"protocol", {{"min", protocol_spoken}, {"max", protocol_spoken}}},
              {"features", features},
              {"limits", limits_of(site.shared.bounds)},
              {"level", name(site.rights.has)},
              {"instance_id", site.shared.instance_id},
              {"client", client_id_text(site.client)}};
}

answer control_name(const call_site& site, const json& params) {
  site.name = wire::text_or(params, "name");
  return json::object();
}

// ---- what it may do
answer control_can(const call_site& site, const json& params) {
  const auto asked = wire::text_or(params, "method");
  const auto* const row = wire::find_method(asked);
  if (!row) {
    auto no = refuse(kind::not_found, "there is no method ", asked).error();
    if (const auto meant = wire::nearest_method(asked)) no.hint = "did you mean " + std::string(*meant) + "?";
    return refused(no);
  }
  const auto seen = site.rights.judge(*row);
  json shown = {{"method", asked},
                {"allowed", seen.allowed},
                {"required", name(row->needs)},
                {"have", name(site.rights.has)},
                {"rule", site.rights.rule},
                {"decided_by", seen.by}};
  if (!seen.pattern.empty()) shown["pattern"] = seen.pattern;
  return shown;
}

json states_of(const wire::method& row) {
  json states = json::array();
  for (const auto each : {daemon_state::starting, daemon_state::running, daemon_state::draining})
    if (row.when & wire::bit(each)) states.push_back(name(each));
  return states;
}

answer list_methods(const call_site& site, const json& params) {
  const auto match = wire::text_or(params, "match", "*");
  json list = json::array();
  for (const auto& row : wire::methods())
    if (matches(match, row.name))
      list.push_back({{"name", row.name},
                      {"level", name(row.needs)},
                      {"allowed", site.rights.may(row)},
                      {"summary", row.summary},
                      {"states", states_of(row)},
                      {"since", row.since}});
  return json{{"methods", std::move(list)}};
}

// The ceiling goes down too: what a rule allows above its level is given up with the rest.
answer control_drop(const call_site& site, const json& params) {
  const auto to = wire::level_named(wire::text_or(params, "level")).value_or(level::observe);
  if (to > site.rights.has)
    return refused(refuse(kind::permission_denied, "this connection has the level ", name(site.rights.has),
                          " and can only give up what it has")
                       .error());
  site.rights.has = site.rights.ceiling = to;
  site.subs.keep([&rights = site.rights](std::string_view topic) { return !rights.deaf_to(topic); });
  return json{{"level", name(to)}};
}

// ---- the others
json client_view(const client_info& client) {
  return {{"id", client_id_text(client.id)}, {"name", client.name},
          {"uid", client.who.uid},           {"pid", client.who.pid},
          {"comm", client.who.comm},         {"socket", client.socket},
          {"level", name(client.has)},       {"since", seconds_of(client.since_wall_ns)},
          {"requests", client.requests},     {"in_flight", client.in_flight},
          {"out_bytes", client.out_bytes},   {"subscriptions", client.subscriptions}};
}

answer control_clients(const call_site& site, const json&) {
  json list = json::array();
  for (const auto& client : site.shared.clients->clients()) list.push_back(client_view(client));
  return json{{"clients", std::move(list)}};
}

answer control_kill(const call_site& site, const json& params) {
  const auto text = wire::text_or(params, "id");
  const auto id = id_after("c-", text);
  // Its own reply is to leave before it goes.
  if (!id || !site.shared.clients->disconnect(*id, *id == site.client))
    return refused(refuse(kind::not_found, "there is no client ", text).error());
  return json{{"id", text}};
}

}  // namespace

std::span<const binding> control_methods() {
  static constexpr binding bindings[] = {
      {"rpc.discover", reading(rpc_discover)},     {"control.can", quick(control_can)},
      {"control.clients", quick(control_clients)}, {"control.drop", quick(control_drop)},
      {"control.hello", quick(control_hello)},     {"control.kill", quick(control_kill)},
      {"control.methods", quick(list_methods)},    {"control.name", quick(control_name)},
      {"control.ping", quick(control_ping)},       {"control.whoami", quick(control_whoami)},
  };
  return bindings;
}

}  // namespace tokiod::control
