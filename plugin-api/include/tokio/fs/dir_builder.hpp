// `dir_builder`: how a folder is made.
// A create() that is dropped goes on in the host.
// Threads: plain values; the future [task].
#pragma once

#include <cstdint>
#include <string_view>

#include "tokio/fs/call.hpp"

namespace tokio::fs {

class dir_builder {
 public:
  // With all folders above it, and fine when it is there.
  dir_builder& recursive(bool on) noexcept {
    recursive_ = on;
    return *this;
  }
  // Less the umask.
  dir_builder& mode(std::uint32_t bits) noexcept {
    mode_ = bits;
    return *this;
  }
  call_future<nothing_to_give> create(std::string_view path) const {
    auto asked = request_of(TOKIO_FS_MKDIR, path);
    asked.asked.mode = mode_;
    asked.asked.arg = recursive_ ? 1 : 0;
    return {std::move(asked), {}};
  }

 private:
  bool recursive_ = false;
  std::uint32_t mode_ = 0777;
};

}  // namespace tokio::fs
