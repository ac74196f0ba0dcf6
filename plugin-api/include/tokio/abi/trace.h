/* `tokio.trace/1`: what the host knows of a task that is looked at closely, and what plugins tell whoever listens of
 * their resources (timers, locks, channels) and of the operations that wait for them. */
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

#define TOKIO_RESOURCE_INTERNAL 1u /* a part of something else, which its user does not see */
#define TOKIO_RESOURCE_MET 2u      /* it was there before anybody listened */
typedef struct tokio_resource {    /* growable parameter struct; the texts are copied, of a long one the end */
  uint32_t size, flags;            /* TOKIO_RESOURCE_* */
  tokio_str concrete_type, kind;   /* "Mutex", "Sync" */
  tokio_place made_at;             /* all zeroes: not known */
  uint64_t parent;                 /* the resource that it is a part of, or 0 */
} tokio_resource;

#define TOKIO_STATE_SET 0u
#define TOKIO_STATE_ADD 1u /* to a whole number that was set before; else it stays unknown */
#define TOKIO_STATE_SUB 2u
typedef struct tokio_state_change { /* growable parameter struct */
  uint32_t size, op;                /* TOKIO_STATE_* */
  tokio_kv to;                      /* its name, and a number or a bool */
  tokio_str unit;                   /* "ms"; may be empty */
} tokio_state_change;

typedef struct tokio_async_op { /* growable parameter struct; the texts are copied */
  uint32_t size, flags;         /* flags: 0 */
  tokio_str source, poll_name;  /* "Mutex::lock", "poll_acquire" */
  uint64_t resource;            /* that it waits for */
  uint64_t parent;              /* the operation that it is a part of, or 0 */
  tokio_waker task;             /* that waits, or all zeroes */
} tokio_async_op;

typedef struct tokio_trace_ext {
  uint32_t size, flags;
  /* How the task that is polled came to this poll. From the first call on it is measured for each poll of this task.
   * [task nb] */
  void (*delay)(tokio_cx*, tokio_delay*) TOKIO_NOEXCEPT;
  /* Resources and operations. An id is never used again, and one that is not known (any more) does nothing. Nothing is
   * written down unless somebody listens. */
  /* not zero while somebody does; read relaxed by the inline check below, changes are seen eventually */
  const uint32_t* listening;
  /* EAGAIN: nobody listens, or there is no room. */
  tokio_status (*resource_new)(tokio_plugin*, const tokio_resource*, uint64_t* id) TOKIO_NOEXCEPT; /* [any nb] */
  void (*resource_state)(uint64_t resource, const tokio_state_change*) TOKIO_NOEXCEPT;             /* [any nb] */
  void (*resource_drop)(uint64_t resource) TOKIO_NOEXCEPT;                                         /* [any nb] */
  /* ENOENT: the resource is not known (any more); it may be told of again. EAGAIN as above. [any nb] */
  tokio_status (*op_new)(tokio_plugin*, const tokio_async_op*, uint64_t* id) TOKIO_NOEXCEPT;
  void (*op_poll_begins)(uint64_t op) TOKIO_NOEXCEPT;              /* [any nb] may be left out */
  void (*op_poll_ends)(uint64_t op, int32_t ready) TOKIO_NOEXCEPT; /* [any nb] */
  void (*op_drop)(uint64_t op) TOKIO_NOEXCEPT;                     /* [any nb] */
  /* Around a poll of the task that a relay (TOKIO_TF_RELAY) stands for. Who is polled has woken what it wakes, and is
   * the parent of what it spawns. The beginning says what the end is given; `again`: it is polled once more without a
   * wake. */
  uint64_t (*local_poll_begins)(tokio_waker relay) TOKIO_NOEXCEPT;                          /* [any nb] */
  void (*local_poll_ends)(tokio_waker relay, uint64_t outer, int32_t again) TOKIO_NOEXCEPT; /* [any nb] */
} tokio_trace_ext;
TOKIO_INLINE int tokio_trace_on(const tokio_trace_ext* e) {
  return TOKIO_HAS(tokio_trace_ext, e, op_drop) && *(const volatile uint32_t*)e->listening != 0;
}

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_TRACE_H */
