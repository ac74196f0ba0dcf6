// What a fuzzer gives as a row of choices: one byte of the input is one choice, so that a change of it is a small one.
// And must(), by which a target says what holds whatever the input is.
// Threads: one owner.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

namespace tokiod::fuzz {

class choices {
 public:
  choices(const std::uint8_t* data, std::size_t size) : left_(reinterpret_cast<const char*>(data), size) {}

  // 0 once the input is used up.
  std::uint8_t byte() {
    if (left_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(left_.front());
    left_.remove_prefix(1);
    return first;
  }
  std::size_t below(std::size_t n) { return byte() % n; }  // n: 1..256
  std::string_view text(std::size_t most) {                // most: below 256
    const auto size = std::min(below(most + 1), left_.size());
    const auto taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }
  std::string_view rest() {
    const auto all = left_;
    left_ = {};
    return all;
  }
  [[nodiscard]] bool empty() const { return left_.empty(); }

 private:
  std::string_view left_;
};

// Ends the process when it does not hold, which is how a fuzzer hears of it.
inline void must(bool holds, std::string_view what, std::string_view about = {}) {
  if (holds) return;
  std::cerr << "does not hold: " << what << ' ' << about << std::endl;
  std::abort();
}

}  // namespace tokiod::fuzz
