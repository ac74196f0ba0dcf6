// How a child process ended.
// Threads: a value.
#pragma once

#include <cstdint>
#include <optional>

namespace tokio::process {

class exit_status {
 public:
  constexpr exit_status() noexcept = default;
  // The word that waitpid() gives.
  static constexpr exit_status from_raw(std::int32_t word) noexcept { return exit_status(word); }

  constexpr bool success() const noexcept { return word_ == 0; }
  // What it returned; nothing when a signal ended it.
  constexpr std::optional<std::int32_t> code() const noexcept {
    if (number() != 0) return std::nullopt;
    return (word_ >> 8) & 0xff;
  }
  // The signal that ended it.
  constexpr std::optional<std::int32_t> signal() const noexcept {
    if (number() == 0) return std::nullopt;
    return number();
  }
  constexpr bool core_dumped() const noexcept { return number() != 0 && (word_ & 0x80) != 0; }
  constexpr std::int32_t into_raw() const noexcept { return word_; }

  friend constexpr bool operator==(exit_status, exit_status) noexcept = default;

 private:
  explicit constexpr exit_status(std::int32_t word) noexcept : word_(word) {}
  constexpr std::int32_t number() const noexcept { return word_ & 0x7f; }
  std::int32_t word_ = 0;
};

}  // namespace tokio::process
