// What concerns the connection itself.
#include <algorithm>

#include "handlers.hpp"

namespace redis {
namespace {

bool name_fits(std::string_view name) {
  return std::ranges::all_of(name, [](char c) { return c >= '!' && c <= '~'; });
}

bool set_name(call& c, std::string_view name) {
  if (!name_fits(name)) {
    c.out.error("ERR Client names cannot contain spaces, newlines or special characters.");
    return false;
  }
  c.client.name = name;
  return true;
}

void describe(call& c) {
  c.out.array(14);
  c.out.bulk("server");
  c.out.bulk("redis");
  c.out.bulk("version");
  c.out.bulk("7.0.0");
  c.out.bulk("proto");
  c.out.integer(2);
  c.out.bulk("id");
  c.out.integer(static_cast<std::int64_t>(c.client.id));
  c.out.bulk("mode");
  c.out.bulk("standalone");
  c.out.bulk("role");
  c.out.bulk("master");
  c.out.bulk("modules");
  c.out.array(0);
}

}  // namespace

void ping(call& c) {
  if (c.args.size() > 2) return wrong_arity(c, "ping");
  const auto text = c.args.size() == 2 ? c.args[1] : std::string_view();
  if (c.client.subscribed()) {
    c.out.array(2);
    c.out.bulk("pong");
    return c.out.bulk(text);
  }
  if (c.args.size() == 2) return c.out.bulk(text);
  c.out.simple("PONG");
}

void echo(call& c) { c.out.bulk(c.args[1]); }

void select_db(call& c) {
  const auto index = to_integer(c.args[1]);
  if (!index) return not_an_integer(c);
  if (*index != 0) return c.out.error("ERR DB index is out of range");
  c.out.ok();
}

void quit(call& c) {
  c.client.closing = true;
  c.out.ok();
}

void hello(call& c) {
  std::size_t i = 1;
  if (c.args.size() > 1) {
    const auto version = to_integer(c.args[i++]);
    if (!version) return c.out.error("ERR Protocol version is not an integer or out of range");
    if (*version != 2) return c.out.error("NOPROTO unsupported protocol version");
  }
  for (; i < c.args.size(); i += 2) {
    if (!is(c.args[i], "setname") || i + 1 == c.args.size())
      return c.out.error("ERR Syntax error in HELLO option '" + std::string(c.args[i].substr(0, 128)) + "'");
    if (!set_name(c, c.args[i + 1])) return;
  }
  describe(c);
}

void client(call& c) {
  const auto what = c.args[1];
  const auto given = c.args.size();
  if (is(what, "id") && given == 2) return c.out.integer(static_cast<std::int64_t>(c.client.id));
  if (is(what, "getname") && given == 2) return c.client.name.empty() ? c.out.null() : c.out.bulk(c.client.name);
  if (is(what, "setname") && given == 3) return set_name(c, c.args[2]) ? c.out.ok() : void();
  if (is(what, "id") || is(what, "getname") || is(what, "setname")) return wrong_arity(c, "client|" + lower(what));
  help_or_unknown(c, "CLIENT", {"ID", "GETNAME", "SETNAME <name>", "HELP"});
}

}  // namespace redis
