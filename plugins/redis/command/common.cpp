// What several handlers share.
#include <algorithm>
#include <charconv>

#include "handlers.hpp"

namespace redis {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

// As Redis writes a number, and no other way: 01, +1 and -0 are none.
std::optional<std::int64_t> to_integer(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.starts_with('0') && text.size() > 1) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is(std::string_view word, std::string_view lower_case) {
  return std::ranges::equal(word, lower_case, {}, [](char c) { return lower(c); });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = lower(c);
  return out;
}

void syntax_error(call& c) { c.out.error("ERR syntax error"); }

void not_an_integer(call& c) { c.out.error("ERR value is not an integer or out of range"); }

void wrong_arity(call& c, std::string_view name) {
  c.out.error("ERR wrong number of arguments for '" + std::string(name) + "' command");
}

void help_or_unknown(call& c, std::string_view container, std::initializer_list<std::string_view> known) {
  if (is(c.args[1], "help") && c.args.size() == 2) {
    c.out.array(known.size() + 1);
    c.out.simple(std::string(container) + " <subcommand> [<arg> ...]. Subcommands are:");
    for (const auto one : known) c.out.simple(one);
    return;
  }
  c.out.error("ERR unknown subcommand '" + std::string(c.args[1].substr(0, 128)) + "'. Try " + std::string(container) +
              " HELP.");
}

}  // namespace redis
