/* `tokio.log/1`: structured log records. */
#ifndef TOKIO_ABI_LOG_H
#define TOKIO_ABI_LOG_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOKIO_EXT_LOG "tokio.log/1"
#define TOKIO_LOG_TRACE 0u
#define TOKIO_LOG_DEBUG 1u
#define TOKIO_LOG_INFO 2u
#define TOKIO_LOG_WARN 3u
#define TOKIO_LOG_ERROR 4u
typedef struct tokio_log_rec {
  uint32_t size, level;
  tokio_str target, message, file;
  uint32_t line, nkv;
  const tokio_kv* kv;
} tokio_log_rec;
typedef struct tokio_log_ext {
  uint32_t size, flags;
  /* read relaxed by the inline check below; level changes are seen eventually */
  const uint32_t* min_level;
  void (*log)(tokio_plugin*, tokio_cx* or_null,
              const tokio_log_rec*) TOKIO_NOEXCEPT; /* [any] copies; may drop under load */
} tokio_log_ext;
TOKIO_INLINE int tokio_log_on(const tokio_log_ext* e, uint32_t level) {
  return e && level >= *(const volatile uint32_t*)e->min_level;
}

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_LOG_H */
