/* One task, whose poll spawns as many others as the digits of the configuration say, {"tasks": 3}, and does not end. */
#include <stddef.h>
#include <time.h>

#include "tokio/abi.h"

static const tokio_host* host;
static unsigned wanted; /* written by init, before the task is there */

static void nothing(void* body) { (void)body; }
static tokio_poll end(void* body, tokio_cx* cx) {
  (void)body, (void)cx;
  return TOKIO_POLL_READY;
}
static const tokio_task_vt small = {.size = sizeof small, .poll = end, .destroy = nothing, .name = {"small", 5}};

static tokio_status spawn(tokio_plugin* plugin, const tokio_task_vt* kind) {
  tokio_task* task = NULL;
  const tokio_status status = host->task_alloc(plugin, 8, 8, &task);
  return status != TOKIO_OK ? status : host->task_spawn(task, kind, 0, NULL);
}

static tokio_poll fill(void* body, tokio_cx* cx) {
  const struct timespec moment = {0, 1000000};
  (void)body;
  for (; wanted > 0; --wanted) (void)spawn(cx->plugin, &small);
  for (;;) nanosleep(&moment, NULL);
  return TOKIO_POLL_READY; /* never reached; gcc wants it said */
}
static const tokio_task_vt filler = {.size = sizeof filler, .poll = fill, .destroy = nothing, .name = {"filler", 6}};

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  *state = NULL;
  host = table;
  for (size_t i = 0; i < config.len; ++i)
    if (config.ptr[i] >= '0' && config.ptr[i] <= '9') wanted = wanted * 10 + (unsigned)(config.ptr[i] - '0');
  return spawn(plugin, &filler);
}

TOKIO_PLUGIN_DEFINE("test.fills-queues", "1", "", TOKIO_PF_UNLOADABLE, init, NULL, NULL);
