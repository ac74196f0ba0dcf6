// One registered descriptor: two directions, each with its readiness and its waiter. Lives in a source_table slot that
// is never unmapped, so an event that comes late meets a word of another generation, never foreign memory. Invariant: a
// source owns no descriptor: it is deregistered before the descriptor is closed. Threads:   each direction has at most
// one poller at a time; the two directions may be polled by different threads.
//            When two tasks poll one direction in turn, the newer waiter replaces the older one. Beside the poller any
//            number may wait in the crowd of the direction (reactor::wait_beside).
#pragma once
#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "base/policy.hpp"
#include "runtime/io/interest.hpp"
#include "runtime/io/readiness.hpp"
#include "runtime/task/handles.hpp"

namespace tokiod::io {

class reactor;

class alignas(64) source {
 public:
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] reactor& home() const { return *home_; }

  // What is ready of `wanted`; when nothing is, `waiter` is woken by the next event of this direction.
  [[nodiscard]] readiness poll_ready(direction d, ready wanted, task::key waiter) { return at(d).wait(wanted, waiter); }
  [[nodiscard]] readiness look(direction d, ready wanted) const { return at(d).look(wanted); }
  // Whose slot it is: who finds his handle open after this waits for his own, or is told that it is gone.
  [[nodiscard]] std::uint32_t tenant(direction d) const { return at(d).tenant(); }

  // The system call said EAGAIN: everything that was seen is used up, `closed` too (a socket that is not connected yet
  // reports a hang-up that is none). Harmless when a newer event came since the look.
  void clear(direction d, readiness seen) { at(d).clear(seen, all_bits); }
  // The system call moved less than it was asked to: there is no more now. `closed` and `error` stay, so that the next
  // poll calls again and gets the end of the stream or the error.
  void clear_short(direction d, readiness seen) { at(d).clear(seen, ready::readable | ready::writable); }
  // What the user of an adopted descriptor says is used up.
  void clear(direction d, readiness seen, ready which) { at(d).clear(seen, which); }

 private:
  friend class source_table;
  friend class reactor;
  using half = basic_readiness<real_policy, task::key>;
  static constexpr ready all_bits = ready::readable | ready::writable | ready::closed | ready::error | ready::priority;

  [[nodiscard]] half& at(direction d) { return halves_[static_cast<std::size_t>(d)]; }
  [[nodiscard]] const half& at(direction d) const { return halves_[static_cast<std::size_t>(d)]; }

  half halves_[2];
  int fd_ = -1;              // negative: the slot is free
  std::uint32_t index_ = 0;  // of the slot, for ever
  reactor* home_ = nullptr;  // the same
};
static_assert(sizeof(source) == 64, "one line per source");

// What poll_transfer() says where nothing will ever wake the waiter: no system call says so.
inline constexpr ssize_t reactor_gone = -4096;

// The loop of a non-blocking read or write: `call` is the system call, as a negative errno or the bytes it moved;
// `wanted` is how many it was asked to move (0: it has no notion of short, like accept). Returns its result, or
// -EAGAIN: then the waiter is registered (none: without a waiter it is tried once, whatever was seen), or reactor_gone.
template <class Call>
ssize_t poll_transfer(source& s, direction d, std::size_t wanted, const task::key* waiter, Call call) {
  for (;;) {
    const readiness seen = waiter != nullptr ? s.poll_ready(d, wanted_by(d), *waiter) : s.look(d, wanted_by(d));
    if (waiter != nullptr && !seen) return -EAGAIN;
    if (waiter != nullptr && any(seen.bits & ready::gone)) [[unlikely]]
      return reactor_gone;
    const ssize_t moved = call();
    if (moved == -EINTR) continue;
    if (moved == -EAGAIN || moved == -EWOULDBLOCK) {
      s.clear(d, seen);
      if (waiter == nullptr) return -EAGAIN;
      continue;
    }
    if (moved > 0 && static_cast<std::size_t>(moved) < wanted) s.clear_short(d, seen);
    return moved;
  }
}

}  // namespace tokiod::io
