/* `tokio.blocking/1`: jobs on the blocking pool (spawn_blocking), and blocking where one is (block_in_place). */
#ifndef TOKIO_ABI_BLOCKING_H
#define TOKIO_ABI_BLOCKING_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOKIO_EXT_BLOCKING "tokio.blocking/1"
typedef struct tokio_job_desc {
  uint32_t size, flags;
  void* user;
  int64_t (*run)(void* user) TOKIO_NOEXCEPT; /* [job] may block; only [any] host calls allowed */
  void (*drop)(void* user) TOKIO_NOEXCEPT;   /* [worker nb] exactly once, after run or instead of it */
  tokio_str name;
  tokio_place made_at; /* where it was given to the host; all zeroes: not known */
} tokio_job_desc;
#define TOKIO_JOB_MANDATORY 1u /* runs even when the runtime shuts down before it started */

typedef struct tokio_blocking_ext {
  uint32_t size, flags;
  tokio_status (*spawn)(tokio_plugin*, const tokio_job_desc*, tokio_job** out) TOKIO_NOEXCEPT; /* [any nb al] out NULL =
                                                detach. On error drop(user) has already run (consume-always). */
  tokio_res (*poll)(tokio_job*, tokio_cx*, int64_t* ret) TOKIO_NOEXCEPT; /* [task nb] 0, ECANCELED, TOKIO_PENDING */
  void (*cancel)(tokio_job*) TOKIO_NOEXCEPT;                             /* [any nb] only if not started */
  void (*free)(tokio_job*) TOKIO_NOEXCEPT;                               /* [any nb] does not wait for the job */

  /* What this thread does until leave() may block: when somebody waits for its worker, another thread goes on with it,
   * and the poll finishes without one. TOKIO_OK: leave() is owed, before the poll returns. More than 0: nothing is
   * owed, because the poll has entered before, or no worker is held up here. ENOTSUP: this runtime has one thread. The
   * budget of the poll stays in force; who wants none puts INT32_MAX into *cx->budget meanwhile. [any nb] */
  tokio_res (*enter)(tokio_plugin*) TOKIO_NOEXCEPT;
  void (*leave)(tokio_plugin*) TOKIO_NOEXCEPT; /* [any nb] on the thread, and in the poll, that has entered */
} tokio_blocking_ext;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_BLOCKING_H */
