#include "runtime/uring/slot.hpp"

#include <cerrno>
#include <utility>

#include "runtime/io/reactor.hpp"

namespace tokiod::uring {
namespace {

// Descriptors come back; a kernel without the call, or one that refuses it to us, stays so.
bool may_change(const error& refused) { return refused.code == EMFILE || refused.code == ENFILE; }

}  // namespace

ring* slot::make(io::reactor& watcher) {
  const std::lock_guard hold(lock_);
  if (owned_ != nullptr) return owned_.get();
  if (refused_ && !may_change(*refused_)) return nullptr;
  auto made = ring::create();
  if (made)
    if (auto watched = watcher.watch((*made)->pollable()); !watched) made = std::unexpected(watched.error());
  if (!made) {
    refused_ = made.error();
    return nullptr;
  }
  refused_.reset();
  owned_ = std::move(*made);
  made_.store(owned_.get(), release);  // publishes the ring to peek()
  return owned_.get();
}

std::optional<error> slot::why_not() const {
  const std::lock_guard hold(lock_);
  return refused_;
}

}  // namespace tokiod::uring
