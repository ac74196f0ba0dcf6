/* `tokio.span/1`: spans that follow a task across polls. Declared; a host that does not serve it answers NULL from
 * get_ext. */
#ifndef TOKIO_ABI_SPAN_H
#define TOKIO_ABI_SPAN_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOKIO_EXT_SPAN "tokio.span/1"
typedef struct tokio_span_ext {
  uint32_t size, flags;
  /* spans: parent NULL = current span of cx. Entered spans follow the task across polls. */
  tokio_status (*span_new)(tokio_plugin*, tokio_cx* or_null, tokio_span* parent, tokio_str name, const tokio_kv*,
                           size_t nkv, tokio_span** out) TOKIO_NOEXCEPT; /* [any al] */
  void (*span_enter)(tokio_span*, tokio_cx*) TOKIO_NOEXCEPT;             /* [task nb] */
  void (*span_exit)(tokio_span*, tokio_cx*) TOKIO_NOEXCEPT;              /* [task nb] */
  void (*span_close)(tokio_span*) TOKIO_NOEXCEPT;                        /* [any nb] consumes */
} tokio_span_ext;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_SPAN_H */
