// What is known of a file: `file_metadata`, which metadata() gives, its `permissions` and its `file_type`.
// Threads: plain values.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "tokio/fs/call.hpp"

namespace tokio::fs {

class file_type {
 public:
  explicit constexpr file_type(std::uint32_t raw) noexcept : raw_(raw) {}
  constexpr bool is_file() const noexcept { return raw_ == TOKIO_FT_FILE; }
  constexpr bool is_dir() const noexcept { return raw_ == TOKIO_FT_DIR; }
  constexpr bool is_symlink() const noexcept { return raw_ == TOKIO_FT_LINK; }
  constexpr bool is_fifo() const noexcept { return raw_ == TOKIO_FT_FIFO; }
  constexpr bool is_socket() const noexcept { return raw_ == TOKIO_FT_SOCKET; }
  constexpr bool is_block_device() const noexcept { return raw_ == TOKIO_FT_BLOCK; }
  constexpr bool is_char_device() const noexcept { return raw_ == TOKIO_FT_CHAR; }
  friend constexpr bool operator==(file_type, file_type) noexcept = default;

 private:
  std::uint32_t raw_;  // TOKIO_FT_*
};

// The twelve bits that say who may do what.
class permissions {
 public:
  static constexpr permissions from_mode(std::uint32_t mode) noexcept { return permissions(mode & 07777); }
  constexpr std::uint32_t mode() const noexcept { return mode_; }
  constexpr void set_mode(std::uint32_t mode) noexcept { mode_ = mode & 07777; }
  // Nobody may write.
  constexpr bool readonly() const noexcept { return (mode_ & 0222) == 0; }
  constexpr void set_readonly(bool on) noexcept { mode_ = on ? mode_ & ~0222u : mode_ | 0222; }
  friend constexpr bool operator==(permissions, permissions) noexcept = default;

 private:
  explicit constexpr permissions(std::uint32_t mode) noexcept : mode_(mode) {}
  std::uint32_t mode_;
};

class file_metadata {
 public:
  explicit file_metadata(const tokio_stat& raw) noexcept : raw_(raw) {}
  fs::file_type file_type() const noexcept { return fs::file_type(static_cast<std::uint32_t>(raw_.mode) >> 12); }
  bool is_file() const noexcept { return file_type().is_file(); }
  bool is_dir() const noexcept { return file_type().is_dir(); }
  bool is_symlink() const noexcept { return file_type().is_symlink(); }
  std::uint64_t len() const noexcept { return raw_.size; }
  fs::permissions permissions() const noexcept {
    return fs::permissions::from_mode(static_cast<std::uint32_t>(raw_.mode));
  }
  // Nanoseconds of Unix time.
  std::int64_t modified_ns() const noexcept { return raw_.mtime_ns; }
  std::int64_t accessed_ns() const noexcept { return raw_.atime_ns; }
  std::int64_t changed_ns() const noexcept { return raw_.ctime_ns; }
  result<std::int64_t> created_ns() const noexcept {
    if (raw_.btime_ns != TOKIO_NO_BIRTH) return raw_.btime_ns;
    return std::unexpected(error(error_kind::unsupported, "this file system keeps no time of creation"));
  }
  std::uint64_t dev() const noexcept { return raw_.dev; }
  std::uint64_t ino() const noexcept { return raw_.ino; }
  std::uint32_t mode() const noexcept { return static_cast<std::uint32_t>(raw_.mode); }
  std::uint64_t nlink() const noexcept { return raw_.nlink; }
  std::uint32_t uid() const noexcept { return static_cast<std::uint32_t>(raw_.uid); }
  std::uint32_t gid() const noexcept { return static_cast<std::uint32_t>(raw_.gid); }
  std::uint64_t rdev() const noexcept { return raw_.rdev; }
  std::uint64_t blksize() const noexcept { return raw_.blksize; }
  std::uint64_t blocks() const noexcept { return raw_.blocks; }

 private:
  tokio_stat raw_;
};

struct give_metadata {
  result<file_metadata> operator()(operation& from, std::uint64_t) const noexcept {
    auto bytes = from.take_lease();
    if (!bytes) return std::unexpected(bytes.error());
    tokio_stat raw{};
    std::memcpy(&raw, bytes->bytes().data(), std::min(sizeof raw, bytes->bytes().size()));
    return file_metadata(raw);
  }
};
using metadata_future = call_future<give_metadata>;

inline metadata_future stat_of(std::string_view path, std::uint32_t oflags) {
  auto asked = request_of(TOKIO_FS_STAT, path);
  asked.asked.oflags = oflags;
  return {std::move(asked), {}};
}

}  // namespace tokio::fs
