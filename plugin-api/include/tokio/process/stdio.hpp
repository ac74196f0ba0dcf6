// What becomes a standard stream of a child: this host's own, nothing, a pipe, or a descriptor.
// Invariant: an owned_fd closes what it holds exactly once.
// Threads: values of one thread at a time.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <utility>

#include "tokio/abi/process.h"

namespace tokio::process {

class owned_fd {
 public:
  explicit owned_fd(int fd) noexcept : fd_(fd) {}
  owned_fd(owned_fd&& other) noexcept : fd_(other.release()) {}
  owned_fd& operator=(owned_fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~owned_fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

class stdio {
 public:
  static stdio inherit() noexcept { return stdio(TOKIO_STDIO_INHERIT); }
  static stdio null() noexcept { return stdio(TOKIO_STDIO_NULL); }
  static stdio piped() noexcept { return stdio(TOKIO_STDIO_PIPE); }
  // The children of the command share it; it is closed with the command.
  stdio(owned_fd fd) noexcept : kind_(TOKIO_STDIO_FD), fd_(std::move(fd)) {}

  tokio_stdio raw() const noexcept { return {kind_, fd_.get()}; }

 private:
  explicit stdio(std::uint32_t kind) noexcept : kind_(kind) {}
  std::uint32_t kind_;
  owned_fd fd_{-1};
};

}  // namespace tokio::process
