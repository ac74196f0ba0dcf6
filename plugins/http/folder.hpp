// The folder whose files are served. Names are looked up by the system below it and nowhere else: openat2() with
// RESOLVE_BENEATH refuses "..", absolute links and links that lead out, at the moment of opening, so that no change
// between a check and the use of a name helps anybody.
// Invariant: what open() gives is a regular file below the folder.
// Threads:   any; the calls may block.
#pragma once
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace http {

class descriptor {
 public:
  explicit descriptor(int fd = -1) noexcept : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(other.release()) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor();
  [[nodiscard]] int get() const { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct opened_file {
  descriptor fd;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
};

enum class open_fault : std::uint8_t { none_there, is_folder, forbidden, exhausted };

class folder {
 public:
  // Throws a sentence when the path is no folder, or the system has no openat2().
  explicit folder(const std::string& path);

  // `path` begins with '/', as parse_target() gives it.
  [[nodiscard]] std::expected<opened_file, open_fault> open(const std::string& path) const;

 private:
  descriptor root_;
};

// Up to `count` bytes from `offset` on, fewer when the file has become shorter or cannot be read.
[[nodiscard]] std::string read_part(int fd, std::uint64_t offset, std::size_t count);

}  // namespace http
