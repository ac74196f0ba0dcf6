// Internal to lines_codec and any_delimiter_codec: finds the end of a piece, and drops one that is too long.
// Invariant: no byte is looked at twice while a piece grows. A piece that is too long is reported once; what follows up
//            to its end is dropped, over as many calls as that takes, and then it is as if nothing had happened.
// Threads: [task].
#pragma once

#include <algorithm>
#include <cstddef>
#include <expected>
#include <limits>
#include <optional>
#include <string>

#include "tokio/codec/buffer.hpp"

namespace tokio::codec {

inline constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

// Why a codec with a limit failed: a piece was too long, or what error::kind() says.
class limit_error : public error {
 public:
  limit_error(const error& io) noexcept : error(io) {}
  static limit_error exceeded(const char* text) noexcept {
    limit_error made(error(error_kind::invalid_data, text));
    made.exceeded_ = true;
    return made;
  }
  bool is_max_length_exceeded() const noexcept { return exceeded_; }

 private:
  bool exceeded_ = false;
};

class piece_finder {
 public:
  explicit piece_finder(std::size_t most) noexcept : most_(most) {}
  std::size_t max_length() const noexcept { return most_; }

  // The next piece with its delimiter; none when its end is not there yet; an error when it is too long.
  template <class IsEnd>
  std::expected<std::optional<std::string>, limit_error> next(buffer& from, IsEnd is_end, const char* too_long) {
    while (true) {
      const auto text = from.text().substr(0, most_ < no_limit ? most_ + 1 : most_);
      const auto unseen = text.substr(std::min(seen_, text.size()));
      const auto end = std::ranges::find_if(unseen, is_end);
      const bool found = end != unseen.end();
      const auto length = found ? seen_ + static_cast<std::size_t>(end - unseen.begin()) + 1 : text.size();
      seen_ = 0;
      if (dropping_) {
        dropping_ = !found;
        from.consume(length);
        if (!found && from.empty()) return std::nullopt;
      } else if (found) {
        return from.take(length);
      } else if (from.size() > most_) {
        dropping_ = true;
        return std::unexpected(limit_error::exceeded(too_long));
      } else {
        seen_ = length;
        return std::nullopt;
      }
    }
  }
  // What is left after the last delimiter, at the end: whatever comes later is not a part of it.
  std::string rest(buffer& from) {
    seen_ = 0;
    dropping_ = false;
    return from.take(from.size());
  }

 private:
  std::size_t most_;
  std::size_t seen_ = 0;   // so many bytes at the front hold no delimiter
  bool dropping_ = false;  // up to the next delimiter
};

}  // namespace tokio::codec
