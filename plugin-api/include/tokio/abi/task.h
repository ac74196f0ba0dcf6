/* Tasks. task_alloc() gives one block: the host's header, then body_size bytes for the plugin. The header belongs to
 * the host and is opaque; the body belongs to the plugin. A spawn is this one allocation.
 *
 *   ALLOC --spawn--> SCHEDULED <--wake / poll--> RUNNING | IDLE --READY--> DONE (completed)
 *     |                                        |  |--PANIC--------------> DONE (panicked)
 *     '--discard--> freed                      '--abort at a poll edge--> DONE (cancelled)
 *
 * - poll() is never concurrent with poll() or destroy() of the same task; each poll happens-after the previous one.
 * - destroy(body) runs exactly once per spawned task, never during its poll, on a thread of the host or inside
 *   task_release_join or a failing task_spawn. A cancelled task: at once. A completed or panicked one: at once without
 *   a join handle, with one when the handle is released; what must not wait for that is destroyed before poll returns.
 *   It runs the destructors of what is still in the body and must not free the block. It is not called for a
 *   TOKIO_TF_READY_IS_EMPTY task that was READY.
 * - with a join handle the block stays until the handle is released, however the task ended, as the plugin left it.
 * - abort: an idle or scheduled task is cancelled without another poll; for a running one it is decided when poll
 * returns (READY wins). A TOKIO_TF_GRACEFUL task is polled on with TOKIO_CX_CANCELLED instead, until READY or its time
 * is over.
 * - a wake while RUNNING makes exactly one more poll; wakes before a poll begins are merged into it. What is sequenced
 *   before a wake happens-before the poll it causes. Spurious polls are allowed.
 * - a tokio_waker keeps nothing alive. Waking a task that is gone does nothing. */
#ifndef TOKIO_ABI_TASK_H
#define TOKIO_ABI_TASK_H

#include "tokio/abi/base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tokio_host;

typedef int32_t tokio_poll; /* what a task's poll function returns */
#define TOKIO_POLL_READY 0
#define TOKIO_POLL_PENDING 1 /* something will wake the task; without that it is parked for ever */
#define TOKIO_POLL_PANIC 2   /* the SDK caught an exception or a panic and has called host->panic() */
#define TOKIO_POLL_YIELD 3   /* poll again, after what is queued and after the drivers were polled (yield_now) */

/* What a poll is given. Lives on the host's side for one poll. [task] */
typedef struct tokio_cx {
  uint32_t size;                 /* ro */
  uint32_t worker;               /* ro: index of the worker, or TOKIO_WORKER_NONE */
  int32_t* budget;               /* rw: cooperative budget left in this poll; see tokio_coop() */
  tokio_waker waker;             /* ro: this task. Copy it freely; poll_* functions of the host read it */
  uint64_t now_ns;               /* ro: the clock as the worker last read it. Deadlines are taken from host->now_ns() */
  const struct tokio_host* host; /* ro */
  tokio_plugin* plugin;          /* ro: the instance that this task belongs to */
  uint64_t flags;                /* ro: TOKIO_CX_* */
} tokio_cx;
#define TOKIO_WORKER_NONE UINT32_MAX
#define TOKIO_CX_CANCELLED 1u  /* abort was requested (only seen by TOKIO_TF_GRACEFUL tasks) */
#define TOKIO_CX_UNBUDGETED 2u /* the budget is not enforced in this poll */

/* A line of code. FROZEN. The text belongs to the plugin whose code it is, and lasts as long. */
typedef struct tokio_place {
  tokio_str function, file; /* may be empty */
  uint32_t line, column;    /* 0: not known */
} tokio_place;

/* Who hears what a task waits at. */
typedef struct tokio_walk {
  uint32_t size, flags; /* 0 */
  void* user;
  /* A place that waits, after those that it waits for: the innermost first. `depth`: how many wait for it; the places
   * in front of it with a greater one, back to the next of its own or a smaller one, are what it waits for, and are
   * several lines where it waits for several at once. An empty one waits, and is no line of code. Returns 0: no more
   * of them. [any nb] */
  int32_t (*place)(void* user, const tokio_place*, uint32_t depth) TOKIO_NOEXCEPT;
} tokio_walk;

/* What a task is. Static storage in the plugin; append-only. */
typedef struct tokio_task_vt {
  uint32_t size;
  uint32_t flags;                                              /* TOKIO_TF_* */
  tokio_poll (*poll)(void* body, tokio_cx* cx) TOKIO_NOEXCEPT; /* [task] must not block */
  void (*destroy)(void* body) TOKIO_NOEXCEPT;                  /* [any nb] may call any [any nb] function of the host */
  tokio_str name;                                              /* may be empty; for task lists and logs */
  tokio_str file;
  uint32_t line, reserved;
  /* Where this one was spawned. May be NULL. Between the spawn and the giving back of the block, also after destroy.
   * [any nb] */
  void (*spawned_at)(const void* body, tokio_place* out) TOKIO_NOEXCEPT;
  /* What it waits at. May be NULL. Reads the body and changes nothing; never during its poll or after destroy, and the
   * task is not polled meanwhile. [any nb] */
  void (*walk)(const void* body, const tokio_walk*) TOKIO_NOEXCEPT;
} tokio_task_vt;
#define TOKIO_TF_GRACEFUL 1u /* cooperative cancellation, see above */
#define TOKIO_TF_SYSTEM 2u   /* background task: does not hold up draining, aborted first, does not keep `run` alive */
#define TOKIO_TF_READY_IS_EMPTY \
  4u                      /* a poll that returns READY has left nothing to destroy: destroy is not called then */
#define TOKIO_TF_RELAY 8u /* stands for a task that is polled by another one, of whose polls tokio.trace/1 is told */

#define TOKIO_SPAWN_JOIN 1u  /* the key is a join handle: valid until task_release_join */
#define TOKIO_SPAWN_FRONT 2u /* run next on this worker (LIFO slot), as a wake from this worker would */

/* How a task ended. */
#define TOKIO_JOIN_COMPLETED 0u
#define TOKIO_JOIN_CANCELLED 1u
#define TOKIO_JOIN_PANICKED 2u
typedef struct tokio_join {
  uint32_t size, outcome;
  tokio_str message; /* of a panic; borrow until task_release_join */
} tokio_join;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_TASK_H */
