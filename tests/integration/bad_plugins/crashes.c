/* Writes through a null pointer in a poll. Plugins share the process, so this ends the daemon. */
#include "common.h"

static tokio_poll crash(void* body, tokio_cx* cx) {
  (void)body, (void)cx;
  *(volatile int*)NULL = 1;
  return TOKIO_POLL_READY;
}
SIMPLE_TASK(task, crash);

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  (void)config, (void)state;
  host = table;
  return spawn_simple(plugin, &task, NULL);
}

TOKIO_PLUGIN_DEFINE("test.crashes", "1", "", TOKIO_PF_UNLOADABLE, init, NULL, NULL);
