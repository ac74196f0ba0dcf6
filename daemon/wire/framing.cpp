#include "wire/framing.hpp"

namespace tokiod::wire {

void line_reader::feed(std::string_view bytes) {
  compact();
  buffer_.append(bytes);
}

std::optional<line> line_reader::next() {
  for (;;) {
    const auto feed_at = buffer_.find('\n', searched_);
    if (feed_at == std::string::npos) {
      searched_ = buffer_.size();
      // Its bytes go at once, its refusal comes with its line feed: one refusal for one line, however long.
      if (skipping_ || held_bytes() > limit_) {
        skipping_ = true;
        begin_ = searched_;
      }
      return std::nullopt;
    }
    std::string_view text(buffer_.data() + begin_, feed_at - begin_);
    begin_ = searched_ = feed_at + 1;
    const bool too_long = skipping_ || text.size() > limit_;
    skipping_ = false;
    if (too_long) return line{true, {}};
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.find_first_not_of(" \t") != std::string_view::npos) return line{false, std::string(text)};
  }
}

bool line_reader::started() const { return skipping_ || begin_ < buffer_.size(); }

void line_reader::compact() {
  buffer_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
}

}  // namespace tokiod::wire
