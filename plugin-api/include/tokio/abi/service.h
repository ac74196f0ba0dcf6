/* `tokio.service/1`: functions between plugins. Declared; a host that does not serve it answers NULL from get_ext. */
#ifndef TOKIO_ABI_SERVICE_H
#define TOKIO_ABI_SERVICE_H

#include "tokio/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOKIO_EXT_SERVICE "tokio.service/1"
typedef struct tokio_service_desc {
  uint32_t size, version_major, version_minor, flags;
  tokio_str id; /* "com.example.cache" */
  const void* table;
  size_t table_size; /* starts with uint32_t size; same growth rules */
  void* user;        /* given to importers with the table */
} tokio_service_desc;
typedef struct tokio_import_desc {
  uint32_t size, version_major, version_minor_min, flags;
  tokio_str id;
  void* user;
  void (*revoked)(void* user) TOKIO_NOEXCEPT; /* [ctl] stop using it and call release soon */
} tokio_import_desc;
typedef struct tokio_service_ext {
  uint32_t size, flags;
  tokio_status (*provide)(tokio_plugin*, const tokio_service_desc*,
                          tokio_reg** out) TOKIO_NOEXCEPT; /* [any al] EEXIST */
  /* [any al] ENOENT, EVERSION. Pins the exporter until release. table/user valid until release returns. */
  tokio_status (*acquire)(tokio_plugin*, const tokio_import_desc*, tokio_import** out, const void** table,
                          void** service_user) TOKIO_NOEXCEPT;
  tokio_res (*poll_available)(tokio_plugin*, tokio_str id, tokio_cx*) TOKIO_NOEXCEPT; /* [task nb] 0 when exported */
  void (*release)(tokio_import*) TOKIO_NOEXCEPT;                                      /* [any nb] consumes */
} tokio_service_ext;

#ifdef __cplusplus
}
#endif

#endif /* TOKIO_ABI_SERVICE_H */
