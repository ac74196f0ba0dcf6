/* `tokio.lease/1`: reads and writes that move whole buffers. Declared; a host that does not serve it answers NULL from
 * get_ext. */
#ifndef TOKIO_ABI_LEASE_H
#define TOKIO_ABI_LEASE_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOKIO_EXT_LEASE "tokio.lease/1"
typedef struct tokio_lease_ext {
  uint32_t size, flags;
  /* Lease reads and writes [task nb al]: zero-copy under io_uring. read: *out is a move to the caller, len set.
   * write: on a result >= 0 the lease moved to the host, which finishes sending in the background and reports a
   * later error on the next call; on TOKIO_PENDING or an error it stays with the caller. */
  tokio_res (*poll_read_buf)(tokio_io*, tokio_cx*, size_t max, tokio_buf* out) TOKIO_NOEXCEPT;
  tokio_res (*poll_write_buf)(tokio_io*, tokio_cx*, tokio_buf* move) TOKIO_NOEXCEPT; /* [task nb] */
  tokio_res (*poll_flush)(tokio_io*, tokio_cx*) TOKIO_NOEXCEPT; /* [task nb] background sends done */
} tokio_lease_ext;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_LEASE_H */
