/* `tokio.process/1`: child processes. The host makes them, waits for them and keeps no zombies. */
#ifndef TOKIO_ABI_PROCESS_H
#define TOKIO_ABI_PROCESS_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOKIO_EXT_PROCESS "tokio.process/1"

#define TOKIO_STDIO_NULL 0u    /* /dev/null */
#define TOKIO_STDIO_PIPE 1u    /* the other end is for take_stdio */
#define TOKIO_STDIO_INHERIT 2u /* as the host's own */
#define TOKIO_STDIO_FD 3u      /* a copy of `fd`, which stays the caller's */
typedef struct tokio_stdio {
  uint32_t kind; /* TOKIO_STDIO_* */
  int32_t fd;
} tokio_stdio;

#define TOKIO_PROC_KILL_ON_DROP 1u /* SIGKILL when the handle is freed while the child runs, or the instance ends */
#define TOKIO_PROC_CLEAR_ENV 2u    /* begin with no environment instead of the host's */
#define TOKIO_PROC_UID 4u
#define TOKIO_PROC_GID 8u
#define TOKIO_PROC_GROUPS 16u
#define TOKIO_PROC_GROUP 32u /* process_group is in use; 0: a group of its own */

#define TOKIO_PROC_MAX_STRINGS 65536u /* argv and env each */
#define TOKIO_PROC_MAX_STRING 131071u /* bytes of one, without its NUL: what the kernel takes */
#define TOKIO_PROC_MAX_BYTES 2097152u /* of all together */
#define TOKIO_PROC_MAX_GROUPS 65536u  /* NGROUPS_MAX */

/* What is run, and as whom. Growable parameter struct; everything is copied. */
typedef struct tokio_proc_params {
  uint32_t size, flags;  /* TOKIO_PROC_* */
  tokio_str program;     /* without a '/': looked for in the PATH that the child will have */
  const tokio_str* argv; /* with argv[0] */
  size_t argc;
  const tokio_str* env; /* in order: "K=V" sets, "K" removes */
  size_t envc;
  tokio_str cwd;        /* empty: the host's */
  tokio_stdio stdio[3]; /* in, out, err */
  uint32_t uid, gid;
  const uint32_t* groups;
  size_t groupc;
  int32_t process_group;
  uint32_t reserved;
  /* Called in the child, last before the program is run; may be NULL. 0, or an errno that spawn then answers. Only
   * async-signal-safe calls: the child is a copy of one thread of this process. [any] */
  int32_t (*pre_exec)(void* user) TOKIO_NOEXCEPT;
  void* user;
} tokio_proc_params;

typedef struct tokio_process_ext {
  uint32_t size, flags;
  /* Returns when the program runs, or what kept it from that: the errno of what failed in the child too (ENOENT: no
   * such program; last_error names the step). EAGAIN: no process can be made now. EMFILE, EINVAL, ENOTSUP (no I/O).
   * A child that a signal ends before its program runs is no error: its status says so. EACCES may be the service
   * manager's, which lets only named programs run. The child has no signal blocked and none ignored or handled, and of
   * the descriptors only 0, 1 and 2: of another one pre_exec may clear FD_CLOEXEC. [any al] */
  tokio_status (*spawn)(tokio_plugin*, const tokio_proc_params*, tokio_proc** out) TOKIO_NOEXCEPT;
  int64_t (*pid)(tokio_proc*) TOKIO_NOEXCEPT; /* [any nb] 0 once its end was observed */
  /* Our end of a pipe: `which` is 0, 1 or 2. Once each; ENOENT: it is not a pipe, or was taken. [any nb] */
  tokio_status (*take_stdio)(tokio_proc*, uint32_t which, tokio_io** out) TOKIO_NOEXCEPT;
  /* 0 and *status as of waitpid(), again and again, once the child has ended. A NULL cx looks once. [task nb] */
  tokio_res (*poll_wait)(tokio_proc*, tokio_cx*, int32_t* status) TOKIO_NOEXCEPT;
  /* By the descriptor of the process, so it never meets another; where the kernel has none, by its number, which is
   * the child's until the host reaps it. OK also once its end was observed. [any nb] */
  tokio_status (*kill)(tokio_proc*, int32_t signo) TOKIO_NOEXCEPT;
  void (*free)(tokio_proc*) TOKIO_NOEXCEPT; /* [any nb] a child that goes on running is reaped by the host */
} tokio_process_ext;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_PROCESS_H */
