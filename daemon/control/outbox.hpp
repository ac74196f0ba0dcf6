// What waits to be written to one client.
// Invariant: bytes() is the sum of what is queued and not yet taken by the kernel.
// Threads:   one owner [control].
#pragma once
#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "control/asio.hpp"

namespace tokiod::control {

class outbox {
 public:
  void push(std::string text) {
    bytes_ += text.size();
    if (!text.empty()) waiting_.push_back(std::move(text));
  }

  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  // The front, for one gathering write. Valid until consume(): push() moves no queued text.
  [[nodiscard]] std::vector<asio::const_buffer> front() const {
    constexpr std::size_t most = 64;  // buffers per system call
    std::vector<asio::const_buffer> buffers;
    std::size_t skip = taken_;
    for (const auto& text : waiting_) {
      if (buffers.size() == most) break;
      buffers.emplace_back(text.data() + skip, text.size() - skip);
      skip = 0;
    }
    return buffers;
  }

  void consume(std::size_t n) {
    bytes_ -= n;
    taken_ += n;
    while (!waiting_.empty() && taken_ >= waiting_.front().size()) {
      taken_ -= waiting_.front().size();
      waiting_.pop_front();
    }
  }

 private:
  std::deque<std::string> waiting_;
  std::size_t taken_ = 0;  // of the first
  std::size_t bytes_ = 0;
};

}  // namespace tokiod::control
