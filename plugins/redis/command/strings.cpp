// GET, SET and what counts and appends.
#include <limits>

#include "handlers.hpp"

namespace redis {
namespace {

struct set_options {
  bool nx = false, xx = false, keep_ttl = false, get = false;
  unix_ms expires = no_expiry;
};

constexpr unix_ms latest = std::numeric_limits<unix_ms>::max();

// The moment that EX, PX, EXAT or PXAT names, or nothing when it does not name one in the future of 1970.
std::optional<unix_ms> expiry_of(std::string_view option, std::int64_t amount, unix_ms now) {
  const bool in_seconds = is(option, "ex") || is(option, "exat");
  if (amount <= 0 || (in_seconds && amount > latest / 1000)) return std::nullopt;
  const auto ms = in_seconds ? amount * 1000 : amount;
  if (is(option, "exat") || is(option, "pxat")) return ms;
  if (ms > latest - now) return std::nullopt;
  return now + ms;
}

bool is_expiry_option(std::string_view word) {
  return is(word, "ex") || is(word, "px") || is(word, "exat") || is(word, "pxat");
}

// Reads the options of SET; answers the fault and returns nothing when they make no sense.
std::optional<set_options> read_set_options(call& c) {
  set_options read;
  for (std::size_t i = 3; i < c.args.size(); ++i) {
    const auto word = c.args[i];
    const bool timed = read.expires != no_expiry || read.keep_ttl;
    if (is(word, "nx") && !read.xx) {
      read.nx = true;
    } else if (is(word, "xx") && !read.nx) {
      read.xx = true;
    } else if (is(word, "get")) {
      read.get = true;
    } else if (is(word, "keepttl") && !timed) {
      read.keep_ttl = true;
    } else if (is_expiry_option(word) && !timed && i + 1 < c.args.size()) {
      const auto amount = to_integer(c.args[++i]);
      if (!amount) return not_an_integer(c), std::nullopt;
      const auto expires = expiry_of(word, *amount, c.now);
      if (!expires) return c.out.error("ERR invalid expire time in 'set' command"), std::nullopt;
      read.expires = *expires;
    } else {
      return syntax_error(c), std::nullopt;
    }
  }
  return read;
}

void answer(call& c, const entry* found) {
  if (found == nullptr) {
    ++c.server.misses;
    return c.out.null();
  }
  ++c.server.hits;
  c.out.bulk(found->value);
}

void add(call& c, std::int64_t delta) {
  auto& at = c.server.keys;
  const auto* found = at.find(c.args[1], c.now);
  const auto old = found == nullptr ? std::optional<std::int64_t>(0) : to_integer(found->value);
  if (!old) return not_an_integer(c);
  std::int64_t sum = 0;
  if (__builtin_add_overflow(*old, delta, &sum)) return c.out.error("ERR increment or decrement would overflow");
  at.find_or_create(c.args[1], c.now).value = std::to_string(sum);
  c.out.integer(sum);
}

}  // namespace

void get(call& c) { answer(c, c.server.keys.find(c.args[1], c.now)); }

void set(call& c) {
  const auto options = read_set_options(c);
  if (!options) return;
  const auto* old = c.server.keys.find(c.args[1], c.now);
  const bool stored = options->nx ? old == nullptr : options->xx ? old != nullptr : true;
  const auto expires = options->keep_ttl && old != nullptr ? old->expires : options->expires;
  if (options->get) answer(c, old);
  if (stored) c.server.keys.set(c.args[1], c.args[2], expires);
  if (options->get) return;
  if (stored) {
    c.out.ok();
  } else {
    c.out.null();
  }
}

void getdel(call& c) {
  answer(c, c.server.keys.find(c.args[1], c.now));
  c.server.keys.erase(c.args[1], c.now);
}

void mget(call& c) {
  c.out.array(c.args.size() - 1);
  for (const auto key : c.args.subspan(1)) answer(c, c.server.keys.find(key, c.now));
}

void mset(call& c) {
  if (c.args.size() % 2 == 0) return wrong_arity(c, "mset");
  for (std::size_t i = 1; i < c.args.size(); i += 2) c.server.keys.set(c.args[i], c.args[i + 1], no_expiry);
  c.out.ok();
}

void append(call& c) {
  const auto* old = c.server.keys.find(c.args[1], c.now);
  const auto size = (old == nullptr ? 0 : old->value.size()) + c.args[2].size();
  if (size > static_cast<std::size_t>(c.server.options.max_value_bytes))
    return c.out.error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  c.server.keys.find_or_create(c.args[1], c.now).value += c.args[2];
  c.out.integer(static_cast<std::int64_t>(size));
}

void strlen(call& c) {
  const auto* found = c.server.keys.find(c.args[1], c.now);
  c.out.integer(found == nullptr ? 0 : static_cast<std::int64_t>(found->value.size()));
}

void incr(call& c) { add(c, 1); }

void decr(call& c) { add(c, -1); }

void incrby(call& c) {
  const auto delta = to_integer(c.args[2]);
  if (!delta) return not_an_integer(c);
  add(c, *delta);
}

void decrby(call& c) {
  const auto delta = to_integer(c.args[2]);
  if (!delta) return not_an_integer(c);
  if (*delta == std::numeric_limits<std::int64_t>::min()) return c.out.error("ERR decrement would overflow");
  add(c, -*delta);
}

}  // namespace redis
