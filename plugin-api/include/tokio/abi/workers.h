/* `tokio.workers/1`: how many worker threads the runtime has, changed while tasks run. */
#ifndef TOKIO_ABI_WORKERS_H
#define TOKIO_ABI_WORKERS_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOKIO_EXT_WORKERS "tokio.workers/1"
typedef struct tokio_workers_ext {
  uint32_t size, flags;
  /* Starts workers, or retires those with the highest numbers: what these had queued, their sockets and their timers go
   * on elsewhere. For at most `wait_ns` and a minute, because a worker in a poll is waited for. The operation's result:
   * how many workers there were before; else ETIMEDOUT (one does not come back from its poll), EIO (a thread or a
   * descriptor cannot be had), ESHUTDOWN, ENOMEM; after ETIMEDOUT and EIO some of the change may be done. It goes on
   * when its handle is dropped, and ends when the instance is closed. At once: EPERM: a plugin may not, unless
   * `may_resize` in the configuration of its instance says so; a program may resize its own runtime. EINVAL: not 1 to
   * 1024. ENOTSUP: the runtime has one thread. EBUSY: another such operation of this instance is under way. EAGAIN: the
   * system has no thread to wait on. ENOMEM, ESHUTDOWN, EGONE. [any nb al] */
  tokio_status (*resize)(tokio_plugin*, uint32_t workers, uint64_t wait_ns, tokio_op** out) TOKIO_NOEXCEPT;
} tokio_workers_ext;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_WORKERS_H */
