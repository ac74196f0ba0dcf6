// The dates of HTTP: written in the one form that is sent, read in the three that may come.
// Threads: plain functions.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace http {

// "Sun, 06 Nov 1994 08:49:37 GMT"
[[nodiscard]] std::string date_text(std::int64_t unix_seconds);
// Also "Sunday, 06-Nov-94 08:49:37 GMT" and "Sun Nov  6 08:49:37 1994".
[[nodiscard]] std::optional<std::int64_t> parse_date(std::string_view text);

}  // namespace http
