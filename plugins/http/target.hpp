// What a request's target means: a path, decoded and without dots, and the query behind it.
// Invariant: a path that parse_target() gives begins with '/', has no empty, "." or ".." segment (but for the last one,
//            which is empty when the target ended with '/'), and no zero byte. Nothing above the root has a name.
// Threads:   plain functions.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace http {

struct target {
  std::string path;
  std::string query;  // as it came
};

// Nothing: it is no path, or one that programs read differently (an encoded '/', a zero byte, a step above the root).
// Takes both forms that a server gets, "/path?query" and "http://host/path?query".
[[nodiscard]] std::optional<target> parse_target(std::string_view text);
// Percent-encoded again, to stand in a header of an answer.
[[nodiscard]] std::string encode_path(std::string_view path);

}  // namespace http
