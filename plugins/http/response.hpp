// The head of a response, as it goes out.
// Threads: plain functions.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace http {

inline constexpr std::string_view plain_text = "text/plain; charset=utf-8";

[[nodiscard]] std::string_view reason_of(int status);

// Complete lines of fields. A control character in a value becomes a blank: it would end the line early.
class field_lines {
 public:
  field_lines& add(std::string_view name, std::string_view value);
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

enum class framing : std::uint8_t { none, sized, chunked, until_close };

struct response_head {
  int status = 200;
  std::string_view type{};  // of the content; empty: the field is left out
  const field_lines& more;
  framing body = framing::sized;
  std::uint64_t length = 0;      // of a sized body, also when it is not sent because the request was a HEAD
  bool close = false;            // the connection ends behind this response
  bool says_keep_alive = false;  // a client of HTTP/1.0 must be told
  std::int64_t now = 0;          // Unix seconds
};

void append_head(std::string& out, const response_head& head);
// So many bytes follow, and then chunk_end. Not none: that would be the last one.
void append_chunk_begin(std::string& out, std::size_t bytes);
inline constexpr std::string_view chunk_end = "\r\n";
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace http
