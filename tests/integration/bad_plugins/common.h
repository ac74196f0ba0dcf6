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

/* Polls that several sins need. */
TOKIO_INLINE tokio_poll parked(void* body, tokio_cx* cx) {
  (void)body, (void)cx;
  return TOKIO_POLL_PENDING;
}
TOKIO_INLINE tokio_poll ready(void* body, tokio_cx* cx) {
  (void)body, (void)cx;
  return TOKIO_POLL_READY;
}
TOKIO_INLINE void nothing(void* body) { (void)body; }

/* A kind of task that is one poll function, and called like it. */
#define SIMPLE_TASK(NAME, POLL)       \
  static const tokio_task_vt NAME = { \
      .size = sizeof NAME, .poll = POLL, .destroy = nothing, .name = {#POLL, sizeof #POLL - 1}}

/* An init that does nothing, and a descriptor around it that says of itself what it wants. */
TOKIO_INLINE tokio_status idle_init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  (void)plugin, (void)table, (void)config, (void)state;
  return TOKIO_OK;
}
#define IDLE_PLUGIN(...)                                                                            \
  TOKIO_EXPORT const tokio_plugin_desc tokio_plugin_v0 = {.size = sizeof(tokio_plugin_desc),        \
                                                          .abi_major = TOKIO_ABI_MAJOR,             \
                                                          .abi_minor = TOKIO_ABI_MINOR,             \
                                                          .abi_minor_min = TOKIO_ABI_MINOR,         \
                                                          .abi_fingerprint = TOKIO_ABI_FINGERPRINT, \
                                                          .flags = TOKIO_PF_UNLOADABLE,             \
                                                          .version = "1",                           \
                                                          .description = "",                        \
                                                          .init = idle_init,                        \
                                                          __VA_ARGS__}

#endif
