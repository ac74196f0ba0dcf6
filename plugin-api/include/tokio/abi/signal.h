/* `tokio.signal/1`: process signals. Declared; a host that does not serve it answers NULL from get_ext. */
#ifndef TOKIO_ABI_SIGNAL_H
#define TOKIO_ABI_SIGNAL_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOKIO_EXT_SIGNAL "tokio.signal/1"
typedef struct tokio_signal_ext {
  uint32_t size, flags;
  tokio_status (*open)(tokio_plugin*, int32_t signo,
                       tokio_signal** out) TOKIO_NOEXCEPT;    /* [any al] EACCES unless config allows */
  tokio_res (*poll)(tokio_signal*, tokio_cx*) TOKIO_NOEXCEPT; /* [task nb] deliveries since last poll (coalesced) */
  void (*close)(tokio_signal*) TOKIO_NOEXCEPT;                /* [any nb] */
} tokio_signal_ext;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_SIGNAL_H */
