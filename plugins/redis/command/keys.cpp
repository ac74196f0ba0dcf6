// What concerns keys whatever their value: presence, expiry, walking over them.
#include <limits>

#include "glob.hpp"
#include "handlers.hpp"

namespace redis {
namespace {

struct expire_condition {
  bool nx = false, xx = false, gt = false, lt = false;

  [[nodiscard]] bool allows(unix_ms old, unix_ms wanted) const {
    if (nx && old != no_expiry) return false;
    if (xx && old == no_expiry) return false;
    if (gt && (old == no_expiry || wanted <= old)) return false;  // no expiry counts as later than any
    if (lt && old != no_expiry && wanted >= old) return false;
    return true;
  }
};

std::optional<expire_condition> read_condition(call& c) {
  expire_condition read;
  for (const auto word : c.args.subspan(3)) {
    if (is(word, "nx")) {
      read.nx = true;
    } else if (is(word, "xx")) {
      read.xx = true;
    } else if (is(word, "gt")) {
      read.gt = true;
    } else if (is(word, "lt")) {
      read.lt = true;
    } else {
      return c.out.error("ERR Unsupported option " + std::string(word)), std::nullopt;
    }
  }
  if (read.nx && (read.xx || read.gt || read.lt))
    return c.out.error("ERR NX and XX, GT or LT options at the same time are not compatible"), std::nullopt;
  if (read.gt && read.lt) return c.out.error("ERR GT and LT options at the same time are not compatible"), std::nullopt;
  return read;
}

void expire_in(call& c, std::int64_t unit_ms, std::string_view name) {
  const auto amount = to_integer(c.args[2]);
  if (!amount) return not_an_integer(c);
  std::int64_t when = 0;
  if (__builtin_mul_overflow(*amount, unit_ms, &when) || __builtin_add_overflow(when, c.now, &when))
    return c.out.error("ERR invalid expire time in '" + std::string(name) + "' command");
  const auto condition = read_condition(c);
  if (!condition) return;
  const auto* found = c.server.keys.find(c.args[1], c.now);
  if (found == nullptr || !condition->allows(found->expires, when)) return c.out.integer(0);
  if (when <= c.now) {
    c.server.keys.erase(c.args[1], c.now);
  } else {
    c.server.keys.expire(c.args[1], when, c.now);
  }
  c.out.integer(1);
}

// -2: no such key; -1: no expiry; else the milliseconds left.
std::int64_t left_ms(call& c) {
  const auto* found = c.server.keys.find(c.args[1], c.now);
  if (found == nullptr) return -2;
  return found->expires == no_expiry ? -1 : found->expires - c.now;
}

struct scan_options {
  std::string_view match = "*", of_type;
  std::size_t count = 10;
};

std::optional<scan_options> read_scan_options(call& c) {
  scan_options read;
  for (std::size_t i = 2; i < c.args.size(); i += 2) {
    if (i + 1 == c.args.size()) return syntax_error(c), std::nullopt;
    if (is(c.args[i], "match")) {
      read.match = c.args[i + 1];
    } else if (is(c.args[i], "type")) {
      read.of_type = c.args[i + 1];
    } else if (is(c.args[i], "count")) {
      const auto count = to_integer(c.args[i + 1]);
      if (!count) return not_an_integer(c), std::nullopt;
      if (*count < 1) return syntax_error(c), std::nullopt;
      read.count = static_cast<std::size_t>(*count);
    } else {
      return syntax_error(c), std::nullopt;
    }
  }
  return read;
}

std::optional<std::uint64_t> to_cursor(std::string_view text) {
  std::uint64_t value = 0;
  if (text.empty()) return std::nullopt;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return std::nullopt;
    if (__builtin_mul_overflow(value, 10u, &value) ||
        __builtin_add_overflow(value, static_cast<unsigned>(digit - '0'), &value))
      return std::nullopt;
  }
  return value;
}

}  // namespace

void del(call& c) {
  std::int64_t gone = 0;
  for (const auto key : c.args.subspan(1)) gone += c.server.keys.erase(key, c.now);
  c.out.integer(gone);
}

void exists(call& c) {
  std::int64_t there = 0;
  for (const auto key : c.args.subspan(1)) there += c.server.keys.find(key, c.now) != nullptr;
  c.out.integer(there);
}

void expire(call& c) { expire_in(c, 1000, "expire"); }

void pexpire(call& c) { expire_in(c, 1, "pexpire"); }

void ttl(call& c) {
  const auto ms = left_ms(c);
  c.out.integer(ms < 0 ? ms : (ms + 500) / 1000);
}

void pttl(call& c) { c.out.integer(left_ms(c)); }

void persist(call& c) {
  const auto* found = c.server.keys.find(c.args[1], c.now);
  if (found == nullptr || found->expires == no_expiry) return c.out.integer(0);
  c.server.keys.expire(c.args[1], no_expiry, c.now);
  c.out.integer(1);
}

void keys(call& c) {
  std::vector<std::string_view> found;
  c.server.keys.for_each(c.now, [&](std::string_view key) {
    if (glob_match(c.args[1], key)) found.push_back(key);
  });
  c.out.array(found.size());
  for (const auto key : found) c.out.bulk(key);
}

void scan(call& c) {
  const auto cursor = to_cursor(c.args[1]);
  if (!cursor) return c.out.error("ERR invalid cursor");
  const auto options = read_scan_options(c);
  if (!options) return;
  const bool strings = options->of_type.empty() || is(options->of_type, "string");
  std::vector<std::string_view> found;
  const auto next = c.server.keys.scan(*cursor, options->count, c.now, [&](std::string_view key) {
    if (strings && glob_match(options->match, key)) found.push_back(key);
  });
  c.out.array(2);
  c.out.bulk(std::to_string(next));
  c.out.array(found.size());
  for (const auto key : found) c.out.bulk(key);
}

void type(call& c) { c.out.simple(c.server.keys.find(c.args[1], c.now) == nullptr ? "none" : "string"); }

void dbsize(call& c) {
  c.server.keys.purge(c.now, std::numeric_limits<std::size_t>::max());
  c.out.integer(static_cast<std::int64_t>(c.server.keys.size()));
}

void flushall(call& c) {
  if (c.args.size() > 2 || (c.args.size() == 2 && !is(c.args[1], "async") && !is(c.args[1], "sync")))
    return syntax_error(c);
  c.server.keys.clear();
  c.out.ok();
}

}  // namespace redis
