/* `tokio.fd/1`: file descriptors of the plugin: readiness through tokio.net/1 poll_ready and poll_wait. */
#ifndef TOKIO_ABI_FD_H
#define TOKIO_ABI_FD_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOKIO_EXT_FD "tokio.fd/1" /* not offered in simulation */
typedef struct tokio_fd_ext {
  uint32_t size, flags;
  /* [any nb al] moves fd to the host on success; O_NONBLOCK is set by the host. Use net.poll_ready etc. */
  tokio_status (*adopt)(tokio_plugin*, int32_t fd, uint32_t interest, tokio_io** out) TOKIO_NOEXCEPT;
  int32_t (*raw)(tokio_io*) TOKIO_NOEXCEPT;                           /* [any nb] borrow; -errno */
  tokio_status (*release)(tokio_io*, int32_t* fd_out) TOKIO_NOEXCEPT; /* [any nb] consumes io, moves fd back */
  /* [any nb al] as adopt, but fd stays the plugin's and O_NONBLOCK is its to set. The host watches a duplicate: raw
   * tells that one, release gives it, close ends the watching. The plugin may close fd first, and its number may be
   * anybody's then; what was open ends with the duplicate. */
  tokio_status (*watch)(tokio_plugin*, int32_t fd, uint32_t interest, tokio_io** out) TOKIO_NOEXCEPT;
} tokio_fd_ext;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_FD_H */
