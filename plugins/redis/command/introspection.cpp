// INFO, COMMAND and CONFIG: what tools ask before they work.
#include <unistd.h>

#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "glob.hpp"
#include "handlers.hpp"
#include "table.hpp"

namespace redis {
namespace {

using pairs = std::vector<std::pair<std::string, std::string>>;

template <class Number>
std::string text(Number value) {
  return std::to_string(value);
}

pairs section(std::string_view which, const call& c) {
  const auto& s = c.server;
  if (which == "server")
    return {{"redis_version", "7.0.0"},
            {"redis_mode", "standalone"},
            {"process_id", text(::getpid())},
            {"tcp_port", text(s.options.port)},
            {"uptime_in_seconds", text((c.now - s.started) / 1000)}};
  if (which == "clients") return {{"connected_clients", text(s.clients)}, {"maxclients", text(s.options.max_clients)}};
  if (which == "stats")
    return {{"total_connections_received", text(s.connections)},
            {"total_commands_processed", text(s.commands)},
            {"expired_keys", text(s.keys.expired())},
            {"keyspace_hits", text(s.hits)},
            {"keyspace_misses", text(s.misses)},
            {"pubsub_channels", text(s.channels.channels())},
            {"pubsub_patterns", text(s.channels.patterns())}};
  if (which == "keyspace" && s.keys.size() > 0)
    return {{"db0", "keys=" + text(s.keys.size()) + ",expires=" + text(s.keys.with_expiry()) + ",avg_ttl=0"}};
  return {};
}

constexpr auto sections = std::to_array<std::pair<std::string_view, std::string_view>>(
    {{"server", "Server"}, {"clients", "Clients"}, {"stats", "Stats"}, {"keyspace", "Keyspace"}});

bool wanted(const call& c, std::string_view name) {
  if (c.args.size() == 1) return true;
  for (const auto word : c.args.subspan(1))
    if (is(word, name) || is(word, "all") || is(word, "default") || is(word, "everything")) return true;
  return false;
}

pairs settings_of(const call& c) {
  const auto& o = c.server.options;
  return {{"appendonly", "no"},
          {"bind", o.bind},
          {"databases", "1"},
          {"maxclients", text(o.max_clients)},
          {"port", text(o.port)},
          {"proto-max-bulk-len", text(o.max_value_bytes)},
          {"save", ""}};
}

void entry_of(call& c, const command& one) {
  c.out.array(6);
  c.out.bulk(one.name);
  c.out.integer(one.arity);
  c.out.array(one.flag.empty() ? 0 : 1);
  if (!one.flag.empty()) c.out.simple(one.flag);
  for (const auto place : {one.keys.first, one.keys.last, one.keys.step}) c.out.integer(place);
}

void docs_of(call& c, const command& one) {
  c.out.bulk(one.name);
  c.out.array(4);
  c.out.bulk("summary");
  c.out.bulk(one.summary);
  c.out.bulk("group");
  c.out.bulk(one.group);
}

void docs(call& c) {
  std::vector<const command*> chosen;
  for (const auto name : c.args.subspan(2))
    if (const auto* one = find_command(name)) chosen.push_back(one);
  if (c.args.size() == 2)
    for (const auto& one : commands()) chosen.push_back(&one);
  c.out.array(chosen.size() * 2);
  for (const auto* one : chosen) docs_of(c, *one);
}

void entries(call& c) {
  if (c.args.size() <= 2) {
    c.out.array(commands().size());
    for (const auto& one : commands()) entry_of(c, one);
    return;
  }
  c.out.array(c.args.size() - 2);
  for (const auto name : c.args.subspan(2)) {
    if (const auto* one = find_command(name)) {
      entry_of(c, *one);
    } else {
      c.out.null();
    }
  }
}

}  // namespace

void info(call& c) {
  std::string out;
  for (const auto& [name, title] : sections) {
    if (!wanted(c, name)) continue;
    if (!out.empty()) out += "\r\n";
    out += "# " + std::string(title) + "\r\n";
    for (const auto& [key, value] : section(name, c)) out += key + ":" + value + "\r\n";
  }
  c.out.bulk(out);
}

void command_info(call& c) {
  if (c.args.size() == 1 || is(c.args[1], "info")) return entries(c);
  if (is(c.args[1], "count") && c.args.size() == 2) return c.out.integer(static_cast<std::int64_t>(commands().size()));
  if (is(c.args[1], "docs")) return docs(c);
  help_or_unknown(c, "COMMAND", {"INFO [<command> ...]", "COUNT", "DOCS [<command> ...]", "HELP"});
}

void config(call& c) {
  if (!is(c.args[1], "get")) return help_or_unknown(c, "CONFIG", {"GET <pattern> ...", "HELP"});
  if (c.args.size() < 3) return wrong_arity(c, "config|get");
  pairs found;
  for (auto& setting : settings_of(c)) {
    for (const auto pattern : c.args.subspan(2)) {
      if (!glob_match(lower(pattern), setting.first)) continue;
      found.push_back(std::move(setting));
      break;
    }
  }
  c.out.array(found.size() * 2);
  for (const auto& [key, value] : found) {
    c.out.bulk(key);
    c.out.bulk(value);
  }
}

}  // namespace redis
