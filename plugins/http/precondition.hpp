// What the conditional fields and the range of a request make of an answer with a file.
// Threads: plain functions.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "request.hpp"

namespace http {

// What a file is known by.
struct validators {
  std::string etag;           // with its quotes; strong
  std::int64_t modified = 0;  // Unix seconds
  std::uint64_t size = 0;
};

[[nodiscard]] std::string etag_of(std::int64_t modified_ns, std::uint64_t size);

// A part of a file.
struct span_of_bytes {
  std::uint64_t first = 0, count = 0;
};

enum class range_kind : std::uint8_t { whole, part, none_of_it };
struct range {
  range_kind kind = range_kind::whole;
  span_of_bytes bytes{};
};

// Of "bytes=0-99", "bytes=100-" or "bytes=-100". What is malformed, or asks for several parts, is ignored: the whole.
[[nodiscard]] range parse_range(std::string_view text, std::uint64_t size);

// The status 200, 206, 304 or 416 for a GET or HEAD, and which bytes.
struct verdict {
  int status = 200;
  span_of_bytes bytes{};
};
[[nodiscard]] verdict judge(const request& asked, const validators& file);

}  // namespace http
