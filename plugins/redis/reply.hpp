// Replies of the Redis protocol (RESP2), appended to a connection's output.
// Threads: a reply writes into one string; it belongs to whoever owns that.
#pragma once
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace redis {

class reply {
 public:
  explicit reply(std::string& out) : out_(out) {}

  void ok() { out_ += "+OK\r\n"; }
  void simple(std::string_view text) { line('+', text); }
  // An error's first word is its code ("ERR", "WRONGTYPE", "NOPROTO"). Line breaks would end the reply early: they
  // become blanks.
  void error(std::string_view text) {
    const auto begin = out_.size() + 1;
    line('-', text);
    for (auto at = begin; at < out_.size() - 2; ++at)
      if (out_[at] == '\r' || out_[at] == '\n') out_[at] = ' ';
  }
  void integer(std::int64_t value) { count(':', value); }
  void bulk(std::string_view bytes) {
    count('$', static_cast<std::int64_t>(bytes.size()));
    out_ += bytes;
    out_ += "\r\n";
  }
  void null() { out_ += "$-1\r\n"; }
  void array(std::size_t size) { count('*', static_cast<std::int64_t>(size)); }

 private:
  void line(char type, std::string_view text) {
    out_ += type;
    out_ += text;
    out_ += "\r\n";
  }
  void count(char type, std::int64_t value) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    line(type, {digits, static_cast<std::size_t>(end - digits)});
  }

  std::string& out_;
};

}  // namespace redis
