// Memory in whole pages, from the system and back to the system, past malloc. For large blocks that are needed for a
// moment: malloc keeps the space of such a block for the thread that freed it, as long as the process lives.
// Invariant: what a block holds is unmapped exactly once; new pages read as zeroes.
// Threads:   a block belongs to one thread at a time.
#pragma once
#include <cstddef>
#include <span>
#include <utility>

#include "base/error.hpp"

namespace tokiod {

class page_block {
 public:
  page_block() = default;
  // No bytes need no pages.
  [[nodiscard]] static result<page_block> take(std::size_t bytes);
  page_block(page_block&& other) noexcept : held_(std::exchange(other.held_, {})) {}
  page_block& operator=(page_block&& other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  ~page_block();

  [[nodiscard]] std::span<std::byte> bytes() { return held_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return held_; }

 private:
  explicit page_block(std::span<std::byte> held) : held_(held) {}

  std::span<std::byte> held_;
};

}  // namespace tokiod
