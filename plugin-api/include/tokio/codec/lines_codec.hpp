// `lines_codec`: lines that end with "\n" or "\r\n", given without it; what follows the last one is a line, too.
// `new_with_max_length(n)` refuses lines of more than n bytes (the "\n" not counted) and goes on with the next one.
// Invariant: a line that is not UTF-8 is an error of the kind invalid_data, and is gone.
// Threads: [task].
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tokio/codec/delimited.hpp"
#include "tokio/codec/traits.hpp"
#include "tokio/io/traits.hpp"
#include "tokio/io/utf8.hpp"

namespace tokio::codec {

using lines_codec_error = limit_error;

class lines_codec {
 public:
  using item = std::string;
  using error_type = lines_codec_error;
  using line = std::expected<std::optional<std::string>, error_type>;

  // Lines of any length: whoever writes them decides how much memory they take.
  lines_codec() noexcept : lines_codec(no_limit) {}
  static lines_codec new_with_max_length(std::size_t most) noexcept { return lines_codec(most); }
  std::size_t max_length() const noexcept { return finder_.max_length(); }

  line decode(buffer& from) {
    auto next = finder_.next(from, [](char one) { return one == '\n'; }, "the line is longer than the limit");
    if (!next || !*next) return next;
    (*next)->pop_back();
    return checked(**std::move(next));
  }
  line decode_eof(buffer& from) {
    auto next = decode(from);
    if (!next || *next) return next;
    auto rest = finder_.rest(from);
    if (rest.empty() || rest == "\r") return std::nullopt;
    return checked(std::move(rest));
  }
  std::expected<void, error_type> encode(std::string_view text, buffer& to) {
    to.append(text);
    to.append("\n");
    return {};
  }

 private:
  explicit lines_codec(std::size_t most) noexcept : finder_(most) {}
  static line checked(std::string text) {
    if (text.ends_with('\r')) text.pop_back();
    if (!io::is_utf8(text)) return std::unexpected(error_type(io::invalid_utf8()));
    return text;
  }

  piece_finder finder_;
};

}  // namespace tokio::codec
