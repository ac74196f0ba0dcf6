/* The host's core table: tasks, clock, randomness, memory, operations, and the door to the extensions. */
#ifndef TOKIO_ABI_HOST_H
#define TOKIO_ABI_HOST_H

#include "tokio/abi/task.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOKIO_HF_SIMULATION 1u /* virtual time, seeded scheduling, single-threaded polls */
#define TOKIO_HF_VALIDATING 2u /* every call is checked; misuse fails the instance with a sentence */

#define TOKIO_THREAD_FOREIGN 0u
#define TOKIO_THREAD_WORKER 1u
#define TOKIO_THREAD_BLOCKING 2u
#define TOKIO_THREAD_CTL 3u

typedef struct tokio_host {
  uint32_t size, abi_major, abi_minor, flags; /* flags: TOKIO_HF_* */
  const char *name, *version;                 /* NUL-terminated, for messages only */
  uint32_t task_body_offset;                  /* body = (char *)task + this; constant per process */
  uint32_t task_body_align_max;               /* >= 16 */

  /* The table of an extension ("vendor.name/N"), or NULL when it is not offered. The set never changes while the image
   * is loaded, and all instances of one image get the same addresses. [any nb] */
  const void* (*get_ext)(tokio_plugin*, const char* id)TOKIO_NOEXCEPT;

  /* One block for header and body; the memory is not zeroed. What the body is, is said at the spawn: a block that is
   * never spawned may hold anything (the SDK's coroutine frames) and goes back with task_discard. Served until fini: a
   * task that is draining still calls coroutines. ENOMEM, EQUOTA (bytes), EINVAL (alignment), EGONE. [any nb al] */
  tokio_status (*task_alloc)(tokio_plugin*, size_t body_size, size_t body_align, tokio_task** out) TOKIO_NOEXCEPT;
  /* Consume-always: on an error destroy(body) has run already and the block is gone. *key (may be NULL) names the task;
   * with TOKIO_SPAWN_JOIN it is a join handle and must be released. ESHUTDOWN, EQUOTA (tasks), EGONE, EINVAL (flags).
   * [any nb] */
  tokio_status (*task_spawn)(tokio_task*, const tokio_task_vt*, uint32_t flags, tokio_waker* key) TOKIO_NOEXCEPT;
  /* Undoes task_alloc; the body is not destroyed. [any nb] */
  void (*task_discard)(tokio_task*) TOKIO_NOEXCEPT;
  void (*task_wake)(tokio_waker) TOKIO_NOEXCEPT;  /* [any nb] HOT */
  void (*task_abort)(tokio_waker) TOKIO_NOEXCEPT; /* [any nb] takes effect at a poll edge */
  /* 0 and *out filled once the task is done, or TOKIO_PENDING. From then until release the caller may read the body
   * (same image only): as poll has left it, after CANCELLED as destroy(body) has left it, which has run already; so the
   * SDK notes there that a destructor threw. The newest joiner replaces an earlier one. [task nb] */
  tokio_res (*task_poll_join)(tokio_waker handle, tokio_cx*, tokio_join* out) TOKIO_NOEXCEPT;
  /* Gives up a join handle (detach); may run destroy(body) inline. Exactly once per handle. [any] */
  void (*task_release_join)(tokio_waker handle) TOKIO_NOEXCEPT;
  int32_t (*task_is_finished)(tokio_waker) TOKIO_NOEXCEPT; /* [any nb] 1 when done or gone */
  uint64_t (*task_id)(tokio_waker) TOKIO_NOEXCEPT;         /* [any nb] never reused in a process; 0 when gone */
  /* The budget is used up: the task is polled again after others had their turn, and the forced yield is counted. Then
   * return pending. Use tokio_coop(). [task nb] */
  void (*coop_exhausted)(tokio_cx*) TOKIO_NOEXCEPT;
  /* Reports a caught exception or panic; cx may be NULL outside a task. Then return TOKIO_POLL_PANIC from poll, or an
   * error from a callback. The strings are borrowed. [any nb al] */
  void (*panic)(tokio_plugin*, tokio_cx*, tokio_str message, tokio_str where) TOKIO_NOEXCEPT;

  /* Clock, randomness, identity: the only legal sources, because simulation replaces them. */
  uint64_t (*now_ns)(tokio_plugin*) TOKIO_NOEXCEPT;                /* [any nb] monotonic */
  int64_t (*wall_ns)(tokio_plugin*) TOKIO_NOEXCEPT;                /* [any nb] Unix time */
  void (*random)(tokio_plugin*, void* out, size_t) TOKIO_NOEXCEPT; /* [any nb] seeded in simulation */
  uint32_t (*thread_kind)(void) TOKIO_NOEXCEPT;                    /* [any nb] TOKIO_THREAD_* */
  /* Gives up: the host logs the reason, marks the instance failed and stops it. [any nb] */
  void (*instance_fail)(tokio_plugin*, tokio_str reason) TOKIO_NOEXCEPT;
  /* The work is done: the host stops the instance; `tokiod run` exits with `status` (0..255). [any nb] */
  void (*instance_finish)(tokio_plugin*, int32_t status) TOKIO_NOEXCEPT;

  /* Memory charged to the instance. Optional to use. */
  void* (*mem_alloc)(tokio_plugin*, size_t size, size_t align)TOKIO_NOEXCEPT; /* [any] NULL on ENOMEM and EQUOTA */
  void (*mem_free)(tokio_plugin*, void*, size_t size, size_t align) TOKIO_NOEXCEPT; /* [any nb] sized */
  tokio_status (*buf_alloc)(tokio_plugin*, size_t cap,
                            tokio_buf* out) TOKIO_NOEXCEPT; /* [any nb al] out: a host lease */

  /* Completion operations (resolve, fs, ...) share one handle type. */
  /* A result >= 0, -errno, or TOKIO_PENDING. After a result only op_take and op_drop are legal. [task nb] */
  tokio_res (*op_poll)(tokio_op*, tokio_cx*) TOKIO_NOEXCEPT;
  /* Always legal. In flight: cancellation is requested, buffers stay with the host until it is over. [any nb] */
  void (*op_drop)(tokio_op*) TOKIO_NOEXCEPT;
  /* Moves results out of a finished operation; absent parts are zeroed. EINVAL when not finished. [any nb] */
  tokio_status (*op_take)(tokio_op*, tokio_buf* buf_or_null, tokio_file** file_or_null) TOKIO_NOEXCEPT;

  /* Undoes a registration; returns when no callback of it is running, except from inside that callback. [any] */
  void (*reg_drop)(tokio_reg*) TOKIO_NOEXCEPT;
  tokio_str (*last_error)(void)
      TOKIO_NOEXCEPT; /* [any nb] text of this thread's last failing call; borrow until the next */
} tokio_host;

TOKIO_INLINE void* tokio_task_body(const tokio_host* host, tokio_task* task) {
  return (char*)task + host->task_body_offset;
}
TOKIO_INLINE tokio_task* tokio_body_task(const tokio_host* host, void* body) {
  return (tokio_task*)(void*)((char*)body - host->task_body_offset);
}

/* One unit of cooperative budget for a leaf of the plugin's own (channel, lock): 1 = go on, 0 = return pending now.
 * poll_* functions of the host do this themselves. A leaf that then finds itself pending gives the unit back. */
TOKIO_INLINE int tokio_coop(tokio_cx* cx) {
  if (TOKIO_LIKELY(*cx->budget > 0)) {
    --*cx->budget;
    return 1;
  }
  if (cx->flags & TOKIO_CX_UNBUDGETED) return 1;
  cx->host->coop_exhausted(cx);
  return 0;
}
TOKIO_INLINE void tokio_coop_restore(tokio_cx* cx) { ++*cx->budget; }

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_HOST_H */
