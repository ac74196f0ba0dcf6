/* `tokio.blocking/1`: jobs on the blocking pool (spawn_blocking). */
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
} tokio_job_desc;
#define TOKIO_JOB_MANDATORY 1u /* runs even when the runtime shuts down before it started */

typedef struct tokio_blocking_ext {
  uint32_t size, flags;
  tokio_status (*spawn)(tokio_plugin*, const tokio_job_desc*, tokio_job** out) TOKIO_NOEXCEPT; /* [any nb al] out NULL =
                                                detach. On error drop(user) has already run (consume-always). */
  tokio_res (*poll)(tokio_job*, tokio_cx*, int64_t* ret) TOKIO_NOEXCEPT; /* [task nb] 0, ECANCELED, TOKIO_PENDING */
  void (*cancel)(tokio_job*) TOKIO_NOEXCEPT;                             /* [any nb] only if not started */
  void (*free)(tokio_job*) TOKIO_NOEXCEPT;                               /* [any nb] does not wait for the job */
} tokio_blocking_ext;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_BLOCKING_H */
