/* `tokio.local/1`: task locals across plugins. Declared; a host that does not serve it answers NULL from get_ext. */
#ifndef TOKIO_ABI_LOCAL_H
#define TOKIO_ABI_LOCAL_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Plugin-private task locals belong in the body. This is for values that cross plugins and are inherited by
 * spawn: trace context, deadline, tenant. */
#define TOKIO_EXT_LOCAL "tokio.local/1"
#define TOKIO_LOCAL_INHERIT 1u
typedef struct tokio_local_ext {
  uint32_t size, flags;
  tokio_status (*key)(tokio_plugin*, tokio_str name, uint32_t flags,
                      uint32_t* out) TOKIO_NOEXCEPT;                           /* [any al] same name = same key */
  uint64_t (*get)(tokio_cx*, uint32_t key) TOKIO_NOEXCEPT;                     /* [task nb] 0 if unset */
  tokio_status (*set)(tokio_cx*, uint32_t key, uint64_t value) TOKIO_NOEXCEPT; /* [task nb al] plain 64 bits */
} tokio_local_ext;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_LOCAL_H */
