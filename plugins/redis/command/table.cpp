#include "table.hpp"

#include <array>
#include <string>
#include <unordered_map>

#include "handlers.hpp"

namespace redis {
namespace {

constexpr auto table = std::to_array<command>({
    {"get", 2, one_key, "readonly", get, "string", "Returns the value of a key."},
    {"set", -3, one_key, "write", set, "string", "Sets a key, with conditions and an expiry."},
    {"getdel", 2, one_key, "write", getdel, "string", "Returns the value of a key and removes it."},
    {"mget", -2, all_keys, "readonly", mget, "string", "Returns the values of several keys."},
    {"mset", -3, keys_and_values, "write", mset, "string", "Sets several keys at one moment."},
    {"append", 3, one_key, "write", append, "string", "Appends to a value."},
    {"strlen", 2, one_key, "readonly", strlen, "string", "Returns the length of a value."},
    {"incr", 2, one_key, "write", incr, "string", "Adds one to a number."},
    {"decr", 2, one_key, "write", decr, "string", "Takes one from a number."},
    {"incrby", 3, one_key, "write", incrby, "string", "Adds to a number."},
    {"decrby", 3, one_key, "write", decrby, "string", "Takes from a number."},
    {"del", -2, all_keys, "write", del, "generic", "Removes keys."},
    {"exists", -2, all_keys, "readonly", exists, "generic", "Counts which of the keys are there."},
    {"expire", -3, one_key, "write", expire, "generic", "Lets a key expire in seconds."},
    {"pexpire", -3, one_key, "write", pexpire, "generic", "Lets a key expire in milliseconds."},
    {"ttl", 2, one_key, "readonly", ttl, "generic", "Returns the seconds that a key has left."},
    {"pttl", 2, one_key, "readonly", pttl, "generic", "Returns the milliseconds that a key has left."},
    {"persist", 2, one_key, "write", persist, "generic", "Takes the expiry off a key."},
    {"keys", 2, no_key, "readonly", keys, "generic", "Returns the keys that match a pattern."},
    {"scan", -2, no_key, "readonly", scan, "generic", "Walks over the keys, a few at a time."},
    {"type", 2, one_key, "readonly", type, "generic", "Returns the type of a value."},
    {"dbsize", 1, no_key, "readonly", dbsize, "server", "Counts the keys."},
    {"flushall", -1, no_key, "write", flushall, "server", "Removes every key."},
    {"publish", 3, no_key, "", publish, "pubsub", "Sends a message to a channel."},
    {"subscribe", -2, no_key, "", subscribe, "pubsub", "Listens to channels.", true},
    {"unsubscribe", -1, no_key, "", unsubscribe, "pubsub", "Stops listening to channels.", true},
    {"psubscribe", -2, no_key, "", psubscribe, "pubsub", "Listens to channels that match patterns.", true},
    {"punsubscribe", -1, no_key, "", punsubscribe, "pubsub", "Stops listening to patterns.", true},
    {"ping", -1, no_key, "", ping, "connection", "Answers.", true},
    {"echo", 2, no_key, "", echo, "connection", "Returns its argument."},
    {"select", 2, no_key, "", select_db, "connection", "Chooses the database; there is one, 0."},
    {"quit", -1, no_key, "", quit, "connection", "Closes the connection.", true},
    {"hello", -1, no_key, "", hello, "connection", "Agrees on the protocol, which is version 2."},
    {"client", -2, no_key, "", client, "connection", "Names the connection or tells about it."},
    {"info", -1, no_key, "", info, "server", "Tells about the server."},
    {"command", -1, no_key, "", command_info, "server", "Tells about the commands."},
    {"config", -2, no_key, "", config, "server", "Reads the configuration."},
});

constexpr std::size_t longest_name = 16;

const std::unordered_map<std::string_view, const command*>& by_name() {
  static const auto index = [] {
    std::unordered_map<std::string_view, const command*> all;
    for (const auto& one : table) all.emplace(one.name, &one);
    return all;
  }();
  return index;
}

void unknown_command(call& c) {
  std::string text = "ERR unknown command '" + std::string(c.args[0].substr(0, 128)) + "', with args beginning with: ";
  for (std::size_t i = 1; i < c.args.size() && text.size() < 256; ++i)
    text += "'" + std::string(c.args[i].substr(0, 128)) + "' ";
  c.out.error(text);
}

// What a browser sends that a web page has sent here: the rest of it may hold commands, so nothing of it is run or
// answered.
bool is_http(std::string_view name) { return is(name, "post") || is(name, "host:"); }

bool arity_fits(const command& one, std::size_t arguments) {
  const auto given = static_cast<std::int64_t>(arguments);
  return one.arity >= 0 ? given == one.arity : given >= -one.arity;
}

}  // namespace

std::span<const command> commands() { return table; }

const command* find_command(std::string_view name) {
  if (name.size() > longest_name) return nullptr;
  char low[longest_name];
  for (std::size_t i = 0; i < name.size(); ++i)
    low[i] = name[i] >= 'A' && name[i] <= 'Z' ? static_cast<char>(name[i] + 32) : name[i];
  const auto at = by_name().find({low, name.size()});
  return at == by_name().end() ? nullptr : at->second;
}

void execute(call& one) {
  ++one.server.commands;
  const auto* found = find_command(one.args[0]);
  if (is_http(one.args[0])) one.client.closing = one.client.cut = true;
  if (one.client.cut) return;
  if (found == nullptr) return unknown_command(one);
  if (!arity_fits(*found, one.args.size())) return wrong_arity(one, found->name);
  if (one.client.subscribed() && !found->while_subscribed)
    return one.out.error("ERR Can't execute '" + std::string(found->name) +
                         "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context");
  found->run(one);
}

}  // namespace redis
