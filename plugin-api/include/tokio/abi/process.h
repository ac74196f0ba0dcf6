/* `tokio.process/1`: child processes. Declared; a host that does not serve it answers NULL from get_ext. */
#ifndef TOKIO_ABI_PROCESS_H
#define TOKIO_ABI_PROCESS_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOKIO_EXT_PROCESS "tokio.process/1"
#define TOKIO_STDIO_NULL 0u
#define TOKIO_STDIO_PIPE 1u
#define TOKIO_STDIO_INHERIT 2u
typedef struct tokio_proc_params {
  uint32_t size, flags;
  const tokio_str* argv;
  size_t argc;
  const tokio_str* env;
  size_t envc; /* "K=V"; envc==SIZE_MAX inherits */
  tokio_str cwd;
  uint32_t stdio[3], kill_on_drop;
} tokio_proc_params;
typedef struct tokio_process_ext {
  uint32_t size, flags;
  tokio_status (*spawn)(tokio_plugin*, const tokio_proc_params*,
                        tokio_proc** out) TOKIO_NOEXCEPT; /* [any al] forks off-worker */
  int64_t (*pid)(const tokio_proc*) TOKIO_NOEXCEPT;       /* [any nb] */
  tokio_status (*take_stdio)(tokio_proc*, uint32_t which, tokio_io** out) TOKIO_NOEXCEPT; /* [any nb] once per pipe */
  tokio_res (*poll_wait)(tokio_proc*, tokio_cx*, int32_t* code, int32_t* signo) TOKIO_NOEXCEPT; /* [task nb] 0 */
  tokio_status (*kill)(tokio_proc*, int32_t signo) TOKIO_NOEXCEPT; /* [any nb] race-free (pidfd) */
  void (*free)(tokio_proc*) TOKIO_NOEXCEPT;                        /* [any nb] host still reaps */
} tokio_process_ext;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_PROCESS_H */
