// Internal to host/export: the system calls for a process by its descriptor. The C library's header for them does not
// say that they are functions of C.
// Threads: [any].
#pragma once
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

namespace tokiod::host {

inline int open_pidfd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }
inline int signal_pidfd(int fd, int signo) {
  return static_cast<int>(::syscall(SYS_pidfd_send_signal, fd, signo, nullptr, 0));
}

}  // namespace tokiod::host
