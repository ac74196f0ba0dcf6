#include "frame.hpp"

#include <charconv>
#include <optional>

namespace redis {
namespace {

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\v' || c == '\f' || c == '\r'; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char escaped(char c) {
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'a': return '\a';
    default: return c;
  }
}

// One argument of an inline command, appended to `out`. False when its quotes do not balance.
bool take_argument(std::string_view line, std::size_t& at, std::string& out) {
  char quote = 0;
  for (; at < line.size(); ++at) {
    const char c = line[at];
    if (quote == 0) {
      if (is_space(c)) return true;
      if (c == '"' || c == '\'') {
        quote = c;
      } else {
        out += c;
      }
    } else if (c == quote) {
      ++at;
      return at >= line.size() || is_space(line[at]);  // a closing quote ends the argument
    } else if (c == '\\' && quote == '"' && at + 3 < line.size() && line[at + 1] == 'x' &&
               hex_digit(line[at + 2]) >= 0 && hex_digit(line[at + 3]) >= 0) {
      out += static_cast<char>(hex_digit(line[at + 2]) * 16 + hex_digit(line[at + 3]));
      at += 3;
    } else if (c == '\\' && quote == '"' && at + 1 < line.size()) {
      out += escaped(line[++at]);
    } else if (c == '\\' && quote == '\'' && at + 1 < line.size() && line[at + 1] == '\'') {
      out += line[++at];
    } else {
      out += c;
    }
  }
  return quote == 0;
}

}  // namespace

parse_result request_parser::fail(std::string fault) {
  fault_ = std::move(fault);
  return parse_result::protocol_error;
}

parse_result request_parser::next(std::string_view input) {
  if (input.empty() || input.size() < need_bytes_) return parse_result::need_more;
  args_.clear();
  need_bytes_ = 0;
  return input.front() == '*' ? parse_array(input) : parse_inline(input);
}

parse_result request_parser::parse_array(std::string_view input) {
  const auto end = input.find("\r\n");
  if (end == std::string_view::npos)
    return input.size() > limits_.inline_bytes ? fail("too big mbulk count string") : parse_result::need_more;
  const auto count = number(input.substr(1, end - 1));
  if (!count || *count > limits_.arguments) return fail("invalid multibulk length");
  std::size_t at = end + 2;
  for (std::int64_t i = 0; i < *count; ++i) {
    const auto one = parse_bulk(input, at);
    if (one != parse_result::request) return one;
  }
  consumed_ = at;
  return parse_result::request;
}

parse_result request_parser::parse_bulk(std::string_view input, std::size_t& at) {
  if (at >= input.size()) return parse_result::need_more;
  if (input[at] != '$') return fail(std::string("expected '$', got '") + input[at] + "'");
  const auto end = input.find("\r\n", at);
  if (end == std::string_view::npos)
    return input.size() - at > limits_.inline_bytes ? fail("too big bulk count string") : parse_result::need_more;
  const auto length = number(input.substr(at + 1, end - at - 1));
  if (!length || *length < 0 || *length > limits_.bulk_bytes) return fail("invalid bulk length");
  const std::size_t begin = end + 2;
  const std::size_t after = begin + static_cast<std::size_t>(*length) + 2;
  if (input.size() < after) {
    need_bytes_ = after;
    return parse_result::need_more;
  }
  args_.push_back(input.substr(begin, static_cast<std::size_t>(*length)));
  at = after;
  return parse_result::request;
}

parse_result request_parser::parse_inline(std::string_view input) {
  const auto end = input.find('\n');
  if (end == std::string_view::npos)
    return input.size() > limits_.inline_bytes ? fail("too big inline request") : parse_result::need_more;
  consumed_ = end + 1;
  return split_inline(input.substr(0, end > 0 && input[end - 1] == '\r' ? end - 1 : end));
}

parse_result request_parser::split_inline(std::string_view line) {
  unquoted_.clear();
  unquoted_.reserve(line.size());  // arguments never grow, so the views below stay valid
  for (std::size_t at = 0;;) {
    while (at < line.size() && is_space(line[at])) ++at;
    if (at >= line.size()) return parse_result::request;
    const auto begin = unquoted_.size();
    if (!take_argument(line, at, unquoted_)) return fail("unbalanced quotes in request");
    args_.push_back(std::string_view(unquoted_).substr(begin));
  }
}

}  // namespace redis
