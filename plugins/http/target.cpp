#include "target.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "request.hpp"

namespace http {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '%') {
      if (at + 2 >= text.size() || hex_value(text[at + 1]) < 0 || hex_value(text[at + 2]) < 0) return std::nullopt;
      c = static_cast<char>(hex_value(text[at + 1]) * 16 + hex_value(text[at + 2]));
      at += 2;
      if (c == '/') return std::nullopt;
    }
    if (c == '\0') return std::nullopt;
    decoded += c;
  }
  return decoded;
}

// "http://host/path" as "/path".
std::string_view without_host(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!same_word(text.substr(0, scheme.size()), scheme)) continue;
    const auto path = text.find_first_of("/?", scheme.size());
    if (path == scheme.size() || text.size() == scheme.size()) return {};  // no host
    return path == std::string_view::npos || text[path] == '?' ? "/" : text.substr(path);
  }
  return text;
}

// One segment after the other; false when it leads above the root.
bool walk(std::string_view segment, std::vector<std::string_view>& into) {
  if (segment.empty() || segment == ".") return true;
  if (segment != "..") {
    into.push_back(segment);
    return true;
  }
  if (into.empty()) return false;
  into.pop_back();
  return true;
}

std::optional<std::string> normal(std::string_view path) {
  std::vector<std::string_view> segments;
  bool folder = true;
  for (std::size_t at = 0; at < path.size();) {
    const auto end = std::min(path.find('/', at + 1), path.size());
    const auto segment = path.substr(at + 1, end - at - 1);
    if (!walk(segment, segments)) return std::nullopt;
    folder = segment.empty() || segment == "." || segment == "..";
    at = end;
  }
  std::string joined;
  for (const auto segment : segments) (joined += '/') += segment;
  if (folder) joined += '/';
  return joined;
}

}  // namespace

std::optional<target> parse_target(std::string_view text) {
  text = without_host(text);
  const auto question = std::min(text.find('?'), text.size());
  const auto decoded = decode(text.substr(0, question));
  if (!decoded || !decoded->starts_with('/')) return std::nullopt;
  auto path = normal(*decoded);
  if (!path) return std::nullopt;
  return target{*std::move(path), std::string(question < text.size() ? text.substr(question + 1) : "")};
}

std::string encode_path(std::string_view path) {
  constexpr std::string_view plain = "-._~/!$&'()*+,;=:@";
  constexpr char digits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter || plain.contains(c))
      encoded += c;
    else
      ((encoded += '%') += digits[byte >> 4]) += digits[byte & 15];
  }
  return encoded;
}

}  // namespace http
