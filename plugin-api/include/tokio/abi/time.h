/* `tokio.time/1`: timers. A timer is a host handle; it fires by waking the task that polled it last. */
#ifndef TOKIO_ABI_TIME_H
#define TOKIO_ABI_TIME_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOKIO_EXT_TIME "tokio.time/1"
typedef struct tokio_time_ext {
  uint32_t size, flags;
  /* [any nb al] unarmed until first polled; slack_ns lets the host coalesce. Freed with timer_free. */
  tokio_status (*timer_new)(tokio_plugin*, uint64_t deadline_ns, uint64_t slack_ns, tokio_timer** out) TOKIO_NOEXCEPT;
  void (*timer_reset)(tokio_timer*, uint64_t deadline_ns) TOKIO_NOEXCEPT; /* [any nb] not concurrent with poll */
  tokio_res (*timer_poll)(tokio_timer*,
                          tokio_cx*) TOKIO_NOEXCEPT; /* [task nb] 0 once deadline <= now;
                                                      * ESHUTDOWN: its runtime has ended, and it never will be */
  void (*timer_free)(tokio_timer*) TOKIO_NOEXCEPT;   /* [any nb] never blocks on a firing timer */
} tokio_time_ext;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_TIME_H */
