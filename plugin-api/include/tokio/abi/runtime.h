/* `tokio.runtime/1`: a runtime inside a program of its own, which libtokio.so makes. tokiod does not serve it: there
 * get_ext answers NULL, and a plugin neither starts nor ends the runtime that it lives in.
 *
 * A runtime comes with one instance, which all its tasks belong to, and the same tables that a plugin is given. It ends
 * with shutdown(), and its memory goes when everybody who retained it has released it, and nothing of it is held. */
#ifndef TOKIO_ABI_RUNTIME_H
#define TOKIO_ABI_RUNTIME_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOKIO_EXT_RUNTIME "tokio.runtime/1"

#define TOKIO_RT_MULTI_THREAD 0u
#define TOKIO_RT_CURRENT_THREAD 1u /* runs while somebody is in block_on with TOKIO_ROOT_DRIVES */

#define TOKIO_RT_NO_LIFO_SLOT 1u  /* every wake goes to the back of the queue */
#define TOKIO_RT_START_PAUSED 2u  /* the clock stands, and jumps to the next timer when nothing else can happen */
#define TOKIO_RT_PANIC_ENDS 4u    /* current_thread: a task that panics ends the runtime */
#define TOKIO_RT_SEEDED 8u        /* `seed` counts: what host->random gives is a function of it */
#define TOKIO_RT_NO_IO 16u        /* what makes a socket or adopts a descriptor is answered ENOTSUP */
#define TOKIO_RT_NO_TIME 32u      /* timer_new is answered ENOTSUP */
#define TOKIO_RT_POLL_TIMES 64u   /* every poll is timed */
#define TOKIO_RT_TRACK_WAITS 128u /* the poll hooks are told how long a task waited to be polled */
#define TOKIO_RT_WAIT_TIMES 256u  /* the same, and every such wait is counted */
#define TOKIO_RT_FILE_RING 512u   /* files go through the kernel's io_uring where it may be had, not through jobs */

/* Of a task, for the hooks. Borrowed for the call. */
typedef struct tokio_task_meta {
  uint32_t size, flags; /* TOKIO_META_* */
  uint64_t id;
  tokio_str name, file; /* of its kind; may be empty */
  uint32_t line, reserved;
  tokio_place spawned_at; /* empty: not known */
  uint64_t waited_ns;     /* with WAITED: from runnable to polled, by 16 ns, modulo 2^36 ns */
} tokio_task_meta;
#define TOKIO_META_WAITED 1u /* in before_poll and after_poll, where waits are tracked */

/* Any pointer but drop may be NULL. They are called on the threads of the runtime, inside of it: they may spawn and
 * wake, and must not block. */
typedef struct tokio_runtime_hooks {
  uint32_t size, flags; /* 0 */
  void* user;
  void (*drop)(void* user) TOKIO_NOEXCEPT; /* [any] not NULL; the last call, also when no runtime was made */
  /* The name of the next thread, at most `room` bytes; returns how many. [any] */
  size_t (*thread_name)(void* user, char* into, size_t room) TOKIO_NOEXCEPT;
  void (*thread_start)(void* user, tokio_plugin*) TOKIO_NOEXCEPT;  /* [worker] first on every worker and pool thread */
  void (*thread_stop)(void* user, tokio_plugin*) TOKIO_NOEXCEPT;   /* [worker] last */
  void (*thread_park)(void* user, tokio_plugin*) TOKIO_NOEXCEPT;   /* [worker] before a worker sleeps */
  void (*thread_unpark)(void* user, tokio_plugin*) TOKIO_NOEXCEPT; /* [worker] after it slept */
  void (*task_spawn)(void* user, tokio_plugin*, const tokio_task_meta*) TOKIO_NOEXCEPT; /* [any] before it can run */
  void (*task_end)(void* user, tokio_plugin*,
                   const tokio_task_meta*) TOKIO_NOEXCEPT; /* [worker] its future is gone, however it ended */
  void (*before_poll)(void* user, tokio_plugin*, const tokio_task_meta*) TOKIO_NOEXCEPT; /* [worker] */
  void (*after_poll)(void* user, tokio_plugin*, const tokio_task_meta*) TOKIO_NOEXCEPT;  /* [worker] */
} tokio_runtime_hooks;

/* Zero means the default. */
typedef struct tokio_runtime_options {
  uint32_t size, flavor; /* TOKIO_RT_* */
  uint32_t abi_major, abi_minor;
  uint64_t abi_fingerprint;
  uint64_t flags;                /* TOKIO_RT_* */
  uint32_t worker_threads;       /* else TOKIO_WORKER_THREADS, else as many as the process may use */
  uint32_t max_blocking_threads; /* else 512 */
  uint64_t keep_alive_ns;        /* of an idle blocking thread; else 10 s */
  uint64_t stack_bytes;          /* of its threads; else 2 MiB */
  uint32_t global_queue_interval, event_interval;
  uint64_t seed;
  tokio_str name;                   /* of the runtime; may be empty */
  tokio_str thread_name;            /* else "tokio-rt-worker" */
  const tokio_runtime_hooks* hooks; /* may be NULL; copied */
  /* With POLL_TIMES: the rising bounds between buckets, in nanoseconds. The first bucket begins at 0, the last has no
   * end. Copied. */
  const uint64_t* poll_bounds_ns;
  uint64_t poll_bounds;
  const uint64_t* wait_bounds_ns; /* with WAIT_TIMES: the same, of waits */
  uint64_t wait_bounds;
  uint32_t io_events_per_turn; /* that one look at the kernel takes; else 256 */
  uint32_t reserved;           /* 0 */
} tokio_runtime_options;

/* What a new runtime is reached by. `host` is there also when none was made, for its last_error. */
typedef struct tokio_runtime_made {
  uint32_t size, flags; /* 0 */
  const tokio_host* host;
  tokio_plugin* instance; /* retained once, for the caller */
} tokio_runtime_made;

/* The one function of libtokio.so. EINVAL (a number, or TOKIO_WORKER_THREADS, makes no sense), EVERSION, ENOMEM, EIO: a
 * thread or a descriptor cannot be had. */
TOKIO_EXTERN_C TOKIO_EXPORT tokio_status tokio_runtime_v0(const tokio_runtime_options* options,
                                                          tokio_runtime_made* out) TOKIO_NOEXCEPT;

/* What a thread waits for in block_on. */
typedef struct tokio_root {
  uint32_t size, flags; /* TOKIO_ROOT_* */
  void* user;
  tokio_poll (*poll)(void* user, tokio_cx*) TOKIO_NOEXCEPT; /* [task] PANIC is not for it; on the waiting thread */
} tokio_root;
#define TOKIO_ROOT_DRIVES 1u /* current_thread: tasks, sockets and timers go on meanwhile, on this thread */

typedef struct tokio_runtime_info { /* growable result struct */
  uint32_t size, flavor;
  uint64_t id;    /* of the runtime, never used again in the process */
  tokio_str name; /* valid while it is retained */
} tokio_runtime_info;

typedef struct tokio_runtime_numbers { /* growable result struct */
  uint32_t size, workers;
  uint64_t tasks_alive, tasks_spawned, global_queue, remote_schedules, forced_yields;
  uint64_t blocking_threads, blocking_idle, blocking_queue;
  uint64_t fds_registered, fds_deregistered, io_ready;
  uint64_t poll_buckets;            /* 0: polls are not timed */
  uint64_t wait_buckets;            /* 0: waits are not counted */
  uint32_t known_workers, reserved; /* numbers that worker() takes: also of those that were retired since */
} tokio_runtime_numbers;

typedef struct tokio_worker_numbers { /* growable result struct */
  uint32_t size;
  int32_t thread; /* gettid() of its thread; 0: none */
  uint64_t busy_ns, parks, parks_and_unparks, noops, stolen, steals, polls, local_schedules, overflows;
  uint64_t mean_poll_ns, local_queue;
} tokio_worker_numbers;

typedef struct tokio_time_bucket { /* growable result struct */
  uint32_t size, reserved;
  uint64_t from_ns, until_ns, count; /* until_ns: UINT64_MAX in the last one */
} tokio_time_bucket;

#define TOKIO_TASK_IDLE 0u    /* it waits, and its places are told */
#define TOKIO_TASK_QUEUED 1u  /* runnable */
#define TOKIO_TASK_RUNNING 2u /* it is being polled */
typedef struct tokio_dump_task {
  uint32_t size, state; /* TOKIO_TASK_* */
  uint64_t id;
  tokio_str name;
  tokio_place spawned_at;   /* empty: not known */
  uint32_t flags, reserved; /* TOKIO_DUMP_* */
} tokio_dump_task;
#define TOKIO_DUMP_CUT 1u /* it waits at more places than are told; the outermost are missing */

/* Who hears of the tasks of a runtime. */
typedef struct tokio_dump {
  uint32_t size, flags; /* 0 */
  void* user;
  void (*task)(void* user, const tokio_dump_task*) TOKIO_NOEXCEPT; /* [any] one after the other */
  const tokio_walk* walk;                                          /* what the task that was told last waits at */
} tokio_dump;

typedef struct tokio_runtime_ext {
  uint32_t size, flags;
  void (*retain)(tokio_plugin*) TOKIO_NOEXCEPT;  /* [any nb] by somebody who has retained it, or is inside of it */
  void (*release)(tokio_plugin*) TOKIO_NOEXCEPT; /* [any] */
  /* Polls the root on this thread until it is READY; sleeps meanwhile. On a thread that polls a task, only while that
   * has said that it blocks. ENOMEM, ESHUTDOWN: a task panicked, and PANIC_ENDS. [any] */
  tokio_status (*block_on)(tokio_plugin*, const tokio_root*) TOKIO_NOEXCEPT;
  /* No new task or job any more; tasks are destroyed at their next poll edge, jobs that have not begun are dropped;
   * then it waits for what runs, at most `wait_ns` (UINT64_MAX: as long as it takes). What is late then ends by itself,
   * and threads that never come back are left behind. Twice is harmless. TOKIO_OK, ETIMEDOUT. Not on a thread of this
   * runtime unless wait_ns is 0. [any] */
  tokio_status (*shutdown)(tokio_plugin*, uint64_t wait_ns) TOKIO_NOEXCEPT;
  tokio_status (*info)(tokio_plugin*, tokio_runtime_info*) TOKIO_NOEXCEPT;                     /* [any nb] */
  tokio_status (*numbers)(tokio_plugin*, tokio_runtime_numbers*) TOKIO_NOEXCEPT;               /* [any al] */
  tokio_status (*worker)(tokio_plugin*, uint32_t index, tokio_worker_numbers*) TOKIO_NOEXCEPT; /* [any al] EINVAL */
  tokio_status (*poll_bucket)(tokio_plugin*, uint32_t worker, uint32_t bucket,
                              tokio_time_bucket*) TOKIO_NOEXCEPT; /* [any nb] EINVAL: there is no such */
  tokio_status (*wait_bucket)(tokio_plugin*, uint32_t worker, uint32_t bucket,
                              tokio_time_bucket*) TOKIO_NOEXCEPT; /* [any nb] the same, of waits */
  /* Every task that has not ended; one that another dump reads just now is told as queued. No library whose tasks it
   * may meet is closed meanwhile. None is polled or stopped: an idle one is kept from running while its places are
   * read, and a wake that comes meanwhile is kept for it. ENOMEM. [any al] */
  tokio_status (*dump)(tokio_plugin*, const tokio_dump*) TOKIO_NOEXCEPT;
} tokio_runtime_ext;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_RUNTIME_H */
