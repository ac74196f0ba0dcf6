// The build ids of the files that are mapped into this process: what names the debug information that fits.
// Invariant: reads the notes that are in memory, no file.
// Threads:   [any]; waits for no plugin: the lock that the loader takes for it is not held while constructors run.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace tokiod {

// One of them in hexadecimal digits; empty: there is none.
class build_id_text {
 public:
  void append(unsigned char byte) {
    constexpr std::string_view hexadecimal = "0123456789abcdef";
    if (used_ + 2 > digits_.size()) return;
    digits_[used_++] = hexadecimal[byte >> 4];
    digits_[used_++] = hexadecimal[byte & 15];
  }
  [[nodiscard]] std::string_view view() const { return {digits_.data(), used_}; }

 private:
  std::array<char, 128> digits_{};
  std::size_t used_ = 0;
};

// Of the file in which that code lies. Takes no lock and allocates nothing: also for a signal handler.
[[nodiscard]] build_id_text build_id_at(std::uintptr_t address) noexcept;

// By the file as the loader was told it, "" for this program, in hexadecimal digits. What has none is left out.
[[nodiscard]] std::map<std::string, std::string> build_ids();

}  // namespace tokiod
