// JSON text to a value and back, for text that may be hostile.
// Invariant: limits, duplicate keys and encoding are checked while reading, before any document exists; dump() never
//            fails and never recurses deeper than what parse() lets through.
// Threads:   pure functions [any].
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "wire/json.hpp"

namespace tokiod::wire {

struct parse_limits {
  std::size_t depth = 64;      // nested objects and lists; copying and printing a document recurse once per level
  std::size_t values = 16384;  // every value and every key; a document costs up to 32 times its text in memory
  bool comments = false;       // // and /* */ are skipped: files have them, the protocol does not
};

// Fails: parse_error (syntax, encoding, duplicate key, integer past 64 bits), too_deep, too_large.
[[nodiscard]] outcome<json> parse(std::string_view text, const parse_limits& limits = {});

// One line. Bytes that are not UTF-8 become U+FFFD: a reply is always valid JSON.
[[nodiscard]] std::string dump(const json& value);
[[nodiscard]] std::string dump_indented(const json& value);

}  // namespace tokiod::wire
