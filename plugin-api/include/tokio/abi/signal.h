/* `tokio.signal/1`: signals that the process gets. */
#ifndef TOKIO_ABI_SIGNAL_H
#define TOKIO_ABI_SIGNAL_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The first listener of a signal takes away its default action, for good: it does not end the process any more, also
 * when the listener is closed. All listeners of all instances and runtimes of the process hear of each delivery. What
 * the process itself answers to (a daemon: SIGTERM, SIGINT, SIGHUP) it goes on answering to. */
#define TOKIO_EXT_SIGNAL "tokio.signal/1"
typedef struct tokio_signal_ext {
  uint32_t size, flags;
  /* Real-time signals, too. EINVAL: there is no such signal, it cannot be handled (SIGKILL, SIGSTOP), its cause would
   * stay (SIGILL, SIGFPE, SIGSEGV), or the host uses it itself. EMFILE, ENOTSUP (no I/O). [any al] */
  tokio_status (*open)(tokio_plugin*, int32_t signo, tokio_signal** out) TOKIO_NOEXCEPT;
  /* 0 when it came at least once since the last 0, or since open. A NULL cx looks once. [task nb] */
  tokio_res (*poll)(tokio_signal*, tokio_cx*) TOKIO_NOEXCEPT;
  void (*close)(tokio_signal*) TOKIO_NOEXCEPT; /* [any nb] */
} tokio_signal_ext;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_SIGNAL_H */
