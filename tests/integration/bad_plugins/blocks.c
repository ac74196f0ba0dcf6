/* A poll that blocks in a system call for a while (the digits of the configuration are the milliseconds). */
#include <time.h>

#include "common.h"

static long milliseconds;

static tokio_poll block(void* body, tokio_cx* cx) {
  struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  (void)body;
  while (nanosleep(&pause, &pause) != 0) { /* the host asks for the stack by a signal */
  }
  host->instance_finish(cx->plugin, 3);
  return TOKIO_POLL_READY;
}
SIMPLE_TASK(task, block);

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  (void)state;
  host = table;
  for (size_t i = 0; i < config.len; ++i)
    if (config.ptr[i] >= '0' && config.ptr[i] <= '9') milliseconds = milliseconds * 10 + (config.ptr[i] - '0');
  return spawn_simple(plugin, &task, NULL);
}

TOKIO_PLUGIN_DEFINE("test.blocks", "1", "", TOKIO_PF_UNLOADABLE, init, NULL, NULL);
