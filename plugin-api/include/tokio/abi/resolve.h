/* `tokio.resolve/1`: name resolution as a completion operation. */
#ifndef TOKIO_ABI_RESOLVE_H
#define TOKIO_ABI_RESOLVE_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOKIO_EXT_RESOLVE "tokio.resolve/1"
typedef struct tokio_resolve_ext {
  uint32_t size, flags;
  /* [any nb al] op result = count; op_take gives a lease holding tokio_addr[count]. */
  tokio_status (*lookup)(tokio_plugin*, tokio_str host, uint16_t port, uint32_t family, tokio_op** out) TOKIO_NOEXCEPT;
} tokio_resolve_ext;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_RESOLVE_H */
