// Lines out of a byte stream, with a limit. A carriage return before the line feed is dropped, an empty line is skipped
// (clients may send one as a keepalive), and after a line that is too long reading goes on at the next line feed.
// Invariant: holds at most limit_bytes of an unfinished line.
// Threads:   one owner.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tokiod::wire {

struct line {
  bool too_long = false;  // then `text` is empty: what came was thrown away as it came
  std::string text;
};

class line_reader {
 public:
  explicit line_reader(std::size_t limit_bytes) : limit_(limit_bytes) {}

  void feed(std::string_view bytes);         // what the stream gave
  [[nodiscard]] std::optional<line> next();  // the next whole line, until there is none
  [[nodiscard]] bool started() const;        // bytes of an unfinished line are waiting for their line feed
  [[nodiscard]] std::size_t held_bytes() const { return buffer_.size() - begin_; }

 private:
  void compact();

  std::size_t limit_;
  std::string buffer_;
  std::size_t begin_ = 0;     // first byte not yet given out
  std::size_t searched_ = 0;  // no line feed before this one: each byte is looked at once
  bool skipping_ = false;     // inside a line that is already too long
};

}  // namespace tokiod::wire
