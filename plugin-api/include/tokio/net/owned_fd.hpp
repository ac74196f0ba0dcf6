// `owned_fd`: a file descriptor that is closed when its owner goes: what sockets and pipes take and give back.
// Invariant: closed exactly once, or given away.
// Threads: one at a time.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "tokio/core/error.hpp"

namespace tokio::net {

inline error last_os_error() noexcept { return error::from_status(-errno); }

class owned_fd {
 public:
  constexpr owned_fd() noexcept = default;
  explicit constexpr owned_fd(int fd) noexcept : fd_(fd) {}
  owned_fd(owned_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  owned_fd& operator=(owned_fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~owned_fd() {
    if (fd_ >= 0) ::close(fd_);
  }

  int fd() const noexcept { return fd_; }  // -1: none
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  // A second descriptor of the same file.
  result<owned_fd> try_clone() const noexcept {
    const int copy = ::fcntl(fd_, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return std::unexpected(last_os_error());
    return owned_fd(copy);
  }

 private:
  int fd_ = -1;
};

// The file's status flags (fcntl): how it was opened, and O_NONBLOCK.
inline result<int> status_flags(int fd) noexcept {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return std::unexpected(last_os_error());
  return flags;
}
inline result<> set_nonblocking(int fd, bool on) noexcept {
  const auto flags = status_flags(fd);
  if (!flags) return std::unexpected(flags.error());
  const int wanted = on ? *flags | O_NONBLOCK : *flags & ~O_NONBLOCK;
  if (wanted != *flags && ::fcntl(fd, F_SETFL, wanted) != 0) return std::unexpected(last_os_error());
  return {};
}

}  // namespace tokio::net
