/* `tokio.trace/1`: what the host knows of a task that is looked at closely. */
#ifndef TOKIO_ABI_TRACE_H
#define TOKIO_ABI_TRACE_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOKIO_EXT_TRACE "tokio.trace/1"

#define TOKIO_DELAY_MEASURED 1u /* somebody looked at the clock when the task became runnable */
#define TOKIO_DELAY_AGAIN 2u    /* it was woken in the poll before this one, or yielded: it never was idle */
typedef struct tokio_delay {    /* growable result struct */
  uint32_t size, flags;         /* TOKIO_DELAY_* */
  uint64_t runnable_ns;         /* from when it became runnable until this poll began */
} tokio_delay;

typedef struct tokio_trace_ext {
  uint32_t size, flags;
  /* How the task that is polled came to this poll. From the first call on it is measured for each poll of this task.
   * [task nb] */
  void (*delay)(tokio_cx*, tokio_delay*) TOKIO_NOEXCEPT;
} tokio_trace_ext;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_TRACE_H */
