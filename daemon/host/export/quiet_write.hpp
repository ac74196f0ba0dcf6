// Internal to host/export: writes to what is no socket, so that a reader who has gone is an error (EPIPE) and not a
// SIGPIPE, which would end a program that a runtime is embedded in. Threads of the host have it blocked anyway.
// Threads: [any]; the mask is the thread's own.
#pragma once
#include <sys/types.h>

#include <cerrno>
#include <csignal>
#include <ctime>

namespace tokiod::host {

template <class Write>
ssize_t quiet_write(Write write) {
  sigset_t pipe, before, pending;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, &before);
  if (sigismember(&before, SIGPIPE) == 1) return write();
  const bool was_pending = sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
  const ssize_t moved = write();
  const int code = errno;
  const timespec now{};
  if (moved < 0 && code == EPIPE && !was_pending) (void)::sigtimedwait(&pipe, nullptr, &now);  // ours is taken back
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = code;
  return moved;
}

}  // namespace tokiod::host
