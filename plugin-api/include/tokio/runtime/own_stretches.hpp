// internal to runtime/: a wait, a hook or the end of a runtime inside of a wait counts its own stretches of
// block_in_place. Threads:   one.
#pragma once

#include <utility>

#include "tokio/core/host.hpp"

namespace tokio::runtime {

class own_stretches {
 public:
  own_stretches() noexcept : before_(std::exchange(blocking_stretches, 0u)) {}
  ~own_stretches() { blocking_stretches = before_; }
  own_stretches(const own_stretches&) = delete;
  own_stretches& operator=(const own_stretches&) = delete;

 private:
  unsigned before_;
};

}  // namespace tokio::runtime
