/* As many tasks as the digits of the configuration say that block for ever in their poll, and say so. */
#include <unistd.h>

#include "many_tasks.h"

static tokio_poll block(void* body, tokio_cx* cx) {
  const tokio_blocking_ext* blocking = (const tokio_blocking_ext*)host->get_ext(cx->plugin, TOKIO_EXT_BLOCKING);
  (void)body;
  if (blocking->enter(cx->plugin) != TOKIO_OK) return TOKIO_POLL_PANIC;
  for (;;) pause();
  return TOKIO_POLL_READY; /* never reached; gcc wants it said */
}
static const tokio_task_vt kind = {.size = sizeof kind,
                                   .poll = block,
                                   .destroy = nothing,
                                   .name = {"blocker", 7},
                                   .file = {"blocks_in_place.c", 17},
                                   .line = 6};

TOKIO_PLUGIN_DEFINE("test.blocks-in-place", "1", "", TOKIO_PF_UNLOADABLE, init, NULL, NULL);
