// The words a poller of the kernel answers: add, remove, wait, wake. epoll_backend answers them today; tests use
// another. Invariant: what add() was told comes back with each event, unchanged. An event may be delivered once after
// remove(). Threads:   all [any]; several threads may wait at once, and each event goes to one of them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "runtime/io/interest.hpp"

namespace tokiod::io {

// A slot and which of its tenants: never a pointer, because an event may come after its source is gone.
struct token {
  std::uint32_t index;
  std::uint32_t generation;
};

// Without initialisers: a turn has room for many of them on its stack and most turns use none.
struct kernel_event {
  token about;
  ready read;  // what it means for each direction
  ready write;
};

inline constexpr std::size_t most_events_per_wait = 256;

// What a wait brought besides events of sources.
struct waited {
  std::size_t events = 0;  // filled from the front
  bool woken = false;      // somebody called wake()
  bool adopted = false;    // a backend that was adopted has events
};

class backend {
 public:
  virtual ~backend() = default;
  [[nodiscard]] virtual result<void> add(int fd, interest what, token about) = 0;
  // The descriptor may be closed already: that is not an error.
  virtual void remove(int fd) = 0;
  // Waits at most `timeout` (0: looks; never: for as long as it takes). EINTR is no error: it ends the wait. There is
  // room for 1 to most_events_per_wait; what else has happened is for the next wait.
  [[nodiscard]] virtual result<waited> wait(std::span<kernel_event> into, duration_ns timeout) = 0;
  // Ends one wait, the current one or the next.
  virtual void wake() = 0;
  // A descriptor that is readable while this backend has events: how one sleeper sleeps on several. -1: there is none.
  [[nodiscard]] virtual int pollable() const = 0;
  [[nodiscard]] virtual result<void> adopt(int other_pollable) = 0;
  virtual void abandon(int other_pollable) = 0;
};

}  // namespace tokiod::io
