// `any_delimiter_codec`: pieces that end with any of a set of bytes, given without it; what is written gets a sequence
// behind it. `new_with_max_length` refuses pieces that are longer and goes on with the next one.
// Threads: [task].
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "tokio/codec/delimited.hpp"
#include "tokio/codec/traits.hpp"

namespace tokio::codec {

using any_delimiter_codec_error = limit_error;

class any_delimiter_codec {
 public:
  using item = std::string;
  using error_type = any_delimiter_codec_error;
  using piece = std::expected<std::optional<std::string>, error_type>;

  // Reads up to a comma, a semicolon or a line's end, and writes commas.
  any_delimiter_codec() : any_delimiter_codec(",;\n\r", ",") {}
  any_delimiter_codec(std::string any_of, std::string sequence)
      : any_delimiter_codec(std::move(any_of), std::move(sequence), no_limit) {}
  static any_delimiter_codec new_with_max_length(std::string any_of, std::string sequence, std::size_t most) {
    return any_delimiter_codec(std::move(any_of), std::move(sequence), most);
  }
  std::size_t max_length() const noexcept { return finder_.max_length(); }

  piece decode(buffer& from) {
    auto next =
        finder_.next(from, [this](char one) { return ends_.contains(one); }, "the piece is longer than the limit");
    if (next && *next) (*next)->pop_back();
    return next;
  }
  piece decode_eof(buffer& from) {
    auto next = decode(from);
    if (!next || *next) return next;
    auto rest = finder_.rest(from);
    if (rest.empty()) return std::nullopt;
    return rest;
  }
  std::expected<void, error_type> encode(io::byte_view bytes, buffer& to) {
    to.append(bytes);
    to.append(sequence_);
    return {};
  }

 private:
  any_delimiter_codec(std::string any_of, std::string sequence, std::size_t most)
      : finder_(most), ends_(std::move(any_of)), sequence_(std::move(sequence)) {}

  piece_finder finder_;
  std::string ends_;
  std::string sequence_;
};

}  // namespace tokio::codec
