/* The rules of the wall, and the small types that cross it.
 *
 * A plugin imports no symbol of the host; it exports one data symbol (tokio_plugin_v0) and one ELF note (.note.tokiod).
 * All calls go through tables. C11, C17, C++17 and later; Linux LP64 only.
 *
 * THREAD TAGS. Every function pointer carries exactly one class and, optionally, modifiers.
 *   [any]     any thread, concurrently, including threads that the host did not create
 *   [worker]  any thread of the runtime (worker or blocking) while the host is calling into the plugin
 *   [task]    only on the thread that is inside poll(), with the tokio_cx of that poll
 *   [ctl]     host calls the plugin: serialised per instance, never inside a poll, may allocate
 *   [job]     host calls the plugin on a thread of the blocking pool; may block
 *   [init]    only from inside tokio_plugin_desc.init
 *   modifiers: nb = never blocks and never calls back into the plugin before it returns; al = may allocate
 * No function is async-signal-safe. No function may be called after fini() returned.
 *
 * OWNERSHIP WORDS. borrow: valid only during the call. move: the callee owns it when the call returns TOKIO_OK (for
 * consume-always functions: whatever it returns). out: the caller owns what is written.
 *
 * CALLING RULES, for every function pointer in either direction
 *   R1 no unwinding: no C++ exception, Rust panic, longjmp, pthread_exit or context switch may leave a function through
 *      this boundary. In C++ the pointer types are noexcept.
 *   R2 no variadics, bit-fields, bool, enum, long or wchar_t in structs; no struct return over 16 bytes.
 *   R3 enumerations are fixed-width integers; values are appended, never renumbered; receivers accept unknown ones.
 *   R4 unknown flag bits and non-zero reserved fields are refused with TOKIO_EINVAL, never ignored.
 *   R5 structs that can grow start with `uint32_t size`; see GROWTH.
 *   R6 every callback receives a user or state pointer; the contract has no per-image singletons.
 *   R7 the host never holds one of its locks while it calls a plugin function.
 *   R8 buffers given by pointer to a poll_* call are borrowed for that call only, ready or pending. What outlives a
 * call travels as tokio_buf (ownership moves). Hence dropping any operation at any time is safe.
 *
 * GROWTH
 *   tables (host or extension to plugin): `size` = bytes that the provider knows; append-only; test with TOKIO_HAS.
 *   parameter structs (plugin to host): size = sizeof as compiled. Bytes that the host does not know must be zero, else
 *     TOKIO_E2BIG; fields that the plugin does not know read as zero, and zero means "as before".
 *   result structs (host to plugin): the caller sets size; the host writes min(size, its own) bytes and stores that.
 *   structs marked FROZEN never change. */
#ifndef TOKIO_ABI_BASE_H
#define TOKIO_ABI_BASE_H

#include <stddef.h>
#include <stdint.h>

#include "tokio/abi/status.h"
#include "tokio/abi/version.h"

#ifdef __cplusplus
#define TOKIO_NOEXCEPT noexcept
#define TOKIO_ASSERT(condition, sentence) static_assert(condition, sentence)
#define TOKIO_EXTERN_C extern "C"
#else
#define TOKIO_NOEXCEPT
#define TOKIO_ASSERT(condition, sentence) _Static_assert(condition, sentence)
#define TOKIO_EXTERN_C extern
#endif

#define TOKIO_EXPORT __attribute__((visibility("default")))
#define TOKIO_LIKELY(x) __builtin_expect(!!(x), 1)
#define TOKIO_INLINE static inline __attribute__((unused))

TOKIO_ASSERT(sizeof(void*) == 8 && sizeof(size_t) == 8 && sizeof(long) == 8, "LP64 only");

/* True when `table` is there and long enough to hold `member`. */
#define TOKIO_HAS(Type, table, member) \
  ((table) != NULL && (table)->size >= offsetof(Type, member) + sizeof((table)->member))

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tokio_str {
  const char* ptr;
  size_t len;
} tokio_str; /* FROZEN. UTF-8, no NUL promised */

typedef struct tokio_iovec {
  void* ptr;
  size_t len;
} tokio_iovec; /* FROZEN. The layout of struct iovec */

typedef struct tokio_ciovec {
  const void* ptr;
  size_t len;
} tokio_ciovec; /* FROZEN */

/* Host objects. All of them are opaque; the pointer is the handle. */
typedef struct tokio_plugin tokio_plugin; /* one configured instance: what everything is charged to */
typedef struct tokio_task tokio_task;     /* a task's header; the plugin's body follows it */
typedef struct tokio_io tokio_io;         /* a socket, a listener, an adopted descriptor */
typedef struct tokio_timer tokio_timer;
typedef struct tokio_op tokio_op; /* one completion-style operation in flight */
typedef struct tokio_file tokio_file;
typedef struct tokio_job tokio_job;
typedef struct tokio_proc tokio_proc;
typedef struct tokio_signal tokio_signal;
typedef struct tokio_metric tokio_metric;
typedef struct tokio_reg tokio_reg;   /* a registration (method, service): reg_drop undoes it */
typedef struct tokio_call tokio_call; /* one control request being answered */
typedef struct tokio_import tokio_import;

/* Names one task, now and never again: the address of its header and the generation of its slot. FROZEN.
 * Wakers, join handles and abort handles are all this value: plain bits, copied freely, nothing to release, and no
 * pointer into a plugin. One that outlived its task does nothing. All zeroes names no task. */
typedef struct tokio_waker {
  tokio_task* task;
  uint64_t generation;
} tokio_waker;

/* Buffer lease: uniquely owned, move-only. FROZEN. A lease of the host comes from its pools; a lease of a plugin keeps
 * that plugin loaded until release ran. */
typedef struct tokio_buf tokio_buf;
typedef struct tokio_buf_vt {
  uint64_t reserved;                               /* 0 */
  void (*release)(tokio_buf* self) TOKIO_NOEXCEPT; /* [any nb] exactly once */
  tokio_status (*share)(const tokio_buf* self,
                        tokio_buf* out) TOKIO_NOEXCEPT; /* [any nb al] read-only second lease; may be NULL */
} tokio_buf_vt;
struct tokio_buf {
  uint8_t* ptr;
  size_t len, cap;
  const tokio_buf_vt* vt;
  void* owner;
};
TOKIO_INLINE void tokio_buf_release(tokio_buf* buf) {
  if (buf->vt) {
    buf->vt->release(buf);
    buf->vt = NULL;
  }
}

/* Socket address. FROZEN at 144 bytes. The families are ours, so that they do not depend on the system's. */
#define TOKIO_AF_NONE 0u
#define TOKIO_AF_UNIX 1u
#define TOKIO_AF_INET 4u
#define TOKIO_AF_INET6 6u
typedef struct tokio_addr {
  uint16_t family, port; /* port in host byte order */
  uint32_t scope_id, flowinfo, path_len;
  uint8_t ip[16];      /* INET uses ip[0..3] */
  uint8_t path[108];   /* UNIX; path[0] == 0 with path_len > 0 is the abstract namespace */
  uint8_t reserved[4]; /* 0 */
} tokio_addr;

/* Key and value, for logs, spans and metric labels. FROZEN at 40 bytes. */
#define TOKIO_KV_STR 0u
#define TOKIO_KV_I64 1u
#define TOKIO_KV_U64 2u
#define TOKIO_KV_F64 3u
#define TOKIO_KV_BOOL 4u
typedef struct tokio_kv {
  tokio_str key;
  uint32_t type, reserved;
  union {
    tokio_str s;
    int64_t i;
    uint64_t u;
    double f;
  } v;
} tokio_kv;

TOKIO_ASSERT(sizeof(tokio_waker) == 16 && sizeof(tokio_str) == 16, "frozen");
TOKIO_ASSERT(sizeof(tokio_buf) == 40 && sizeof(tokio_addr) == 144 && sizeof(tokio_kv) == 40, "frozen");

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_BASE_H */
