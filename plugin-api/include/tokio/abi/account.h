/* `tokio.account/1`: what an instance uses. */
#ifndef TOKIO_ABI_ACCOUNT_H
#define TOKIO_ABI_ACCOUNT_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOKIO_EXT_ACCOUNT "tokio.account/1"
typedef struct tokio_usage { /* growable result struct */
  uint32_t size, state;
  uint64_t poll_ns, polls, slow_polls, wakes, forced_yields;
  uint64_t tasks_live, tasks_spawned, tasks_panicked;
  uint64_t mem_bytes, io_handles, timers, ops_inflight, jobs, leases_out;
  uint64_t read_bytes, write_bytes;
  uint64_t files;
} tokio_usage;
typedef struct tokio_account_ext {
  uint32_t size, flags;
  tokio_status (*usage)(tokio_plugin*, tokio_usage*) TOKIO_NOEXCEPT; /* [any nb] */
} tokio_account_ext;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_ACCOUNT_H */
