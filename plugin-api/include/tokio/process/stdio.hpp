// What becomes a standard stream of a child: this host's own, nothing, a pipe, or a descriptor.
// Invariant: a descriptor that is given is closed with the stdio, once.
// Threads: values of one thread at a time.
#pragma once

#include <cstdint>
#include <utility>

#include "tokio/abi/process.h"
#include "tokio/net/owned_fd.hpp"

namespace tokio::process {

using net::owned_fd;

class stdio {
 public:
  static stdio inherit() noexcept { return stdio(TOKIO_STDIO_INHERIT); }
  static stdio null() noexcept { return stdio(TOKIO_STDIO_NULL); }
  static stdio piped() noexcept { return stdio(TOKIO_STDIO_PIPE); }
  // The children of the command share it; it is closed with the command.
  stdio(owned_fd fd) noexcept : kind_(TOKIO_STDIO_FD), fd_(std::move(fd)) {}

  tokio_stdio raw() const noexcept { return {kind_, fd_.fd()}; }

 private:
  explicit stdio(std::uint32_t kind) noexcept : kind_(kind) {}
  std::uint32_t kind_;
  owned_fd fd_;
};

}  // namespace tokio::process
