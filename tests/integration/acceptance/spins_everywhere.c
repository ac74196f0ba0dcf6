/* As many tasks that never return from their poll as the digits of the configuration say: {"tasks": 2}. */
#include "many_tasks.h"

static tokio_poll spin(void* body, tokio_cx* cx) {
  (void)body, (void)cx;
  for (volatile unsigned turns = 0;; ++turns) {
  }
  return TOKIO_POLL_READY; /* never reached; gcc wants it said */
}
static const tokio_task_vt kind = {.size = sizeof kind,
                                   .poll = spin,
                                   .destroy = nothing,
                                   .name = {"spinner", 7},
                                   .file = {"spins_everywhere.c", 18},
                                   .line = 15};

TOKIO_PLUGIN_DEFINE("test.spins-everywhere", "1", "", TOKIO_PF_UNLOADABLE, init, NULL, NULL);
