// Where a runtime has its ring: made by the first operation that wants one, watched by one reactor.
// Invariant: once there is a ring it stays; a kernel that has none for us is not asked again.
// Threads:   any.
// No model: a pointer that is set once, with release, and read with acquire.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "base/error.hpp"
#include "base/policy.hpp"
#include "runtime/uring/ring.hpp"

namespace tokiod::io {
class reactor;
}

namespace tokiod::uring {

class slot {
 public:
  explicit slot(bool wanted) : wanted_(wanted) {}

  // Null: none is wanted, or there is none; why() says why not.
  [[nodiscard]] ring* get(io::reactor& watcher) {
    if (!wanted_) return nullptr;
    ring* const there = peek();
    return there != nullptr ? there : make(watcher);
  }
  // Acquire pairs with the release in make(): the ring's fields are readable.
  [[nodiscard]] ring* peek() const { return made_.load(acquire); }
  void reap() const {
    if (ring* const there = peek()) (void)there->reap();
  }
  [[nodiscard]] std::optional<error> why_not() const;

 private:
  [[nodiscard]] ring* make(io::reactor& watcher);

  const bool wanted_;
  mutable std::mutex lock_;
  std::unique_ptr<ring> owned_;   // under lock_
  std::optional<error> refused_;  // the last time, under lock_
  std::atomic<ring*> made_{nullptr};
};

}  // namespace tokiod::uring
