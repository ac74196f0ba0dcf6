// Text of fixed size, made by a signal handler: no lock, no memory of its own.
// Invariant: what does not fit is left out.
// Threads: one.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace tokiod::app {

template <std::size_t Size>
class safe_text {
 public:
  safe_text& operator<<(std::string_view words) {
    for (const char c : words.substr(0, Size - used_)) text_[used_++] = c;
    return *this;
  }
  safe_text& number(std::uint64_t value, unsigned base = 10) {
    std::array<char, 20> digits{};
    std::size_t first = digits.size();
    do digits[--first] = "0123456789abcdef"[value % base];
    while ((value /= base) != 0);
    return *this << std::string_view(digits.data() + first, digits.size() - first);
  }
  // As a JSON string; what is no printable ASCII becomes a question mark.
  safe_text& quoted(std::string_view words) {
    *this << "\"";
    for (const char c : words) {
      if (c == '"' || c == '\\') *this << "\\";
      *this << (c >= ' ' && c <= '~' ? std::string_view(&c, 1) : "?");
    }
    return *this << "\"";
  }
  [[nodiscard]] std::string_view view() const { return {text_.data(), used_}; }

 private:
  std::size_t used_ = 0;
  std::array<char, Size> text_;
};

}  // namespace tokiod::app
