// Bytes that came and were not used yet.
// Invariant: they lie side by side; views of them are valid until the next room().
// Threads:   a part of its connection.
#pragma once
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "tokio/io.hpp"

namespace http {

class inbox {
 public:
  static constexpr std::size_t read_bytes = 8 * 1024;

  [[nodiscard]] std::string_view unread() const { return std::string_view(bytes_).substr(begin_, end_ - begin_); }
  void drop(std::size_t n) { begin_ += n; }
  tokio::io::byte_span room() {
    if (begin_ == end_) {
      begin_ = end_ = 0;
    } else if (bytes_.size() - end_ < read_bytes) {
      std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
      end_ -= std::exchange(begin_, 0);
    }
    if (bytes_.size() - end_ < read_bytes) bytes_.resize(end_ + read_bytes);
    return {bytes_.data() + end_, read_bytes};
  }
  void filled(std::size_t n) { end_ += n; }
  // While nothing is in it.
  void keep_at_most(std::size_t bytes) {
    if (begin_ == end_ && bytes_.capacity() > bytes) *this = inbox();
  }

 private:
  std::string bytes_;
  std::size_t begin_ = 0, end_ = 0;
};

}  // namespace http
