// `seek_from`: a place in a stream, counted from its start, from its end, or from where one is.
// Threads: plain values.
#pragma once

#include <cstdint>

namespace tokio::io {

class seek_from {
 public:
  enum class origin : std::uint8_t { start, current, end };

  static constexpr seek_from start(std::uint64_t at) noexcept { return {origin::start, static_cast<std::int64_t>(at)}; }
  static constexpr seek_from current(std::int64_t by) noexcept { return {origin::current, by}; }
  static constexpr seek_from end(std::int64_t by) noexcept { return {origin::end, by}; }

  constexpr origin from() const noexcept { return from_; }
  constexpr std::int64_t offset() const noexcept { return offset_; }
  friend constexpr bool operator==(seek_from, seek_from) noexcept = default;

 private:
  constexpr seek_from(origin from, std::int64_t offset) noexcept : from_(from), offset_(offset) {}
  origin from_;
  std::int64_t offset_;
};

}  // namespace tokio::io
