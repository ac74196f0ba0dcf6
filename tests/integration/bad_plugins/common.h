/* What the fixtures share: a task that each sin fills in. One sin per file; the file is named after it.
 * Threads: the tables are written in init and only read afterwards. */
#ifndef BAD_PLUGINS_COMMON_H
#define BAD_PLUGINS_COMMON_H

#include <stddef.h>

#include "tokio/abi.h"

static const tokio_host* host;

/* Spawns a task without a body. */
TOKIO_INLINE tokio_status spawn_simple(tokio_plugin* plugin, const tokio_task_vt* vt, tokio_waker* key) {
  tokio_task* task = NULL;
  const tokio_status status = host->task_alloc(plugin, 8, 8, &task);
  return status != TOKIO_OK ? status : host->task_spawn(task, vt, 0, key);
}

#endif
