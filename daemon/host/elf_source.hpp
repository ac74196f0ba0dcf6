// Where the bytes of an ELF file come from: a file of which only what is asked for is read, or memory. Every access
// says how much it wants and hears why it does not get it, so a truncated or hostile file is refused and never crashes.
// Invariant: nothing past the size that was seen at the beginning is read.
// Threads:   one at a time.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace tokiod::host {

class elf_source {
 public:
  explicit elf_source(std::uint64_t size) : size_(size) {}
  virtual ~elf_source() = default;

  [[nodiscard]] bool has(std::uint64_t offset, std::uint64_t length) const {
    return offset <= size_ && length <= size_ - offset;
  }
  // False: it is not there, or could not be read.
  [[nodiscard]] bool read(std::uint64_t offset, std::span<std::byte> into) const {
    return has(offset, into.size()) && fetch(offset, into);
  }
  template <class T>
  [[nodiscard]] std::optional<T> read(std::uint64_t offset) const {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    if (!read(offset, std::as_writable_bytes(std::span(&value, 1)))) return std::nullopt;
    return value;
  }

 protected:
  elf_source(const elf_source&) = default;

 private:
  // All of `into`, which lies within the size.
  [[nodiscard]] virtual bool fetch(std::uint64_t offset, std::span<std::byte> into) const = 0;
  const std::uint64_t size_;
};

class memory_source final : public elf_source {
 public:
  explicit memory_source(std::span<const std::byte> bytes) : elf_source(bytes.size()), bytes_(bytes) {}

 private:
  bool fetch(std::uint64_t offset, std::span<std::byte> into) const override {
    std::ranges::copy(bytes_.subspan(offset, into.size()), into.begin());
    return true;
  }
  const std::span<const std::byte> bytes_;
};

// A descriptor, which stays the caller's.
class file_source final : public elf_source {
 public:
  file_source(int fd, std::uint64_t size) : elf_source(size), fd_(fd) {}

 private:
  bool fetch(std::uint64_t offset, std::span<std::byte> into) const override;
  const int fd_;
};

// The NUL-terminated text at `offset` of `bytes`, at most `most` long. Nothing: it does not end.
[[nodiscard]] inline std::optional<std::string> text_at(std::span<const std::byte> bytes, std::uint64_t offset,
                                                        std::size_t most) {
  if (offset >= bytes.size()) return std::nullopt;
  const auto rest = bytes.subspan(offset, std::min<std::uint64_t>(bytes.size() - offset, most + 1));
  const auto* begin = reinterpret_cast<const char*>(rest.data());
  const auto* nul = static_cast<const char*>(std::memchr(begin, 0, rest.size()));
  if (nul == nullptr) return std::nullopt;
  return std::string(begin, nul);
}

// Value `index` of a table of T.
template <class T>
[[nodiscard]] T value_at(std::span<const std::byte> table, std::size_t index) {
  T value;
  std::memcpy(&value, table.data() + index * sizeof(T), sizeof(T));
  return value;
}

}  // namespace tokiod::host
