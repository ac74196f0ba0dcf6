/* As many tasks that never return from their poll as the digits of the configuration say: {"tasks": 2}. */
#include <stddef.h>

#include "tokio/abi.h"

static const tokio_host* host;

static tokio_poll spin(void* body, tokio_cx* cx) {
  (void)body, (void)cx;
  for (volatile unsigned turns = 0;; ++turns) {
  }
  return TOKIO_POLL_READY; /* never reached; gcc wants it said */
}
static void nothing(void* body) { (void)body; }
static const tokio_task_vt spinner = {.size = sizeof spinner,
                                      .poll = spin,
                                      .destroy = nothing,
                                      .name = {"spinner", 7},
                                      .file = {"spins_everywhere.c", 18},
                                      .line = 15};

static unsigned number_in(tokio_str config) {
  unsigned number = 0;
  for (size_t i = 0; i < config.len; ++i)
    if (config.ptr[i] >= '0' && config.ptr[i] <= '9') number = number * 10 + (unsigned)(config.ptr[i] - '0');
  return number;
}

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  *state = NULL;
  host = table;
  for (unsigned left = number_in(config); left > 0; --left) {
    tokio_task* task = NULL;
    tokio_status status = host->task_alloc(plugin, 8, 8, &task);
    if (status == TOKIO_OK) status = host->task_spawn(task, &spinner, 0, NULL);
    if (status != TOKIO_OK) return status;
  }
  return TOKIO_OK;
}

TOKIO_PLUGIN_DEFINE("test.spins-everywhere", "1", "", TOKIO_PF_UNLOADABLE, init, NULL, NULL);
