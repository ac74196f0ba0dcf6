// What several handlers share.
#include <algorithm>
#include <charconv>

#include "handlers.hpp"

namespace redis {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::optional<std::int64_t> to_integer(std::string_view text) {
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

void unknown_subcommand(call& c, std::string_view container) {
  c.out.error("ERR unknown subcommand '" + std::string(c.args[1].substr(0, 128)) + "'. Try " + std::string(container) +
              " HELP.");
}

}  // namespace redis
