// A request as the parser gives it: the method, the target, the fields; its body comes separately.
// Threads: plain values.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace http {

enum class method : std::uint8_t { get, head, post, put, remove, patch, options, unknown };

constexpr std::string_view name_of(method verb) {
  constexpr std::string_view names[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "?"};
  return names[static_cast<std::size_t>(verb)];
}

// Of ASCII letters, as names of fields and the words of HTTP are compared.
inline bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

struct field {
  std::string name, value;
};

struct request {
  method verb = method::unknown;
  std::string target;
  unsigned version = 11;  // 10 or 11
  std::vector<field> fields;
  bool keep_alive = true;  // what the client wants
  bool chunked = false;
  std::optional<std::uint64_t> content_length;

  // The first field of that name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const {
    const auto at = std::ranges::find_if(fields, [&](const field& one) { return same_word(one.name, name); });
    return at == fields.end() ? std::nullopt : std::optional<std::string_view>(at->value);
  }
};

}  // namespace http
