// A configuration text as a value that still knows where each part of it stood, and the faults found on the way.
// Comments (// and /* */) are allowed, duplicate keys and deep nesting are not.
// Invariant: every value of a document has a source.
// Threads:   plain values.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "wire/parse.hpp"

namespace tokiod::config {

// One thing that is wrong. `sentence` is whole: it names the thing, what was expected and what was found.
struct fault {
  kind why = kind::invalid_config;
  std::string path;    // JSON Pointer; empty: the text as a whole
  std::string source;  // "/etc/tokiod/tokiod.json:12:5", "environment"
  std::string sentence;
  std::string expected, got;
  std::string hint;  // "did you mean \"worker_threads\"?"
};
using faults = std::vector<fault>;
[[nodiscard]] std::string text_of(const fault& f);

struct document {
  std::string name;  // the file, "environment", "command line"
  wire::json value = wire::json::object();
  std::map<std::string, std::string> sources;  // pointer -> "file:line:column"
  // What a sentence calls the value, where that is not its pointer: the name of an environment variable.
  std::map<std::string, std::string> subjects;

  [[nodiscard]] std::string source_of(const std::string& pointer) const;
};

inline constexpr std::size_t file_limit_bytes = 4 * 1024 * 1024;
inline constexpr std::size_t depth_limit = 64;
// Of the pointers of all values together. One of a value below a long name holds that name, and so does the next one:
// without a bound a document of 200 KB takes gigabytes.
inline constexpr std::size_t pointers_limit_bytes = 16 * 1024 * 1024;

// Faults of syntax are appended; what was read before the first of them is still returned.
[[nodiscard]] document parse_text(std::string name, std::string_view text, faults& found);
[[nodiscard]] document read_document(const std::string& path, faults& found);

// Type, bounds and names of every value in one document; no fault hides another.
void check_document(const document& d, faults& found);

}  // namespace tokiod::config
