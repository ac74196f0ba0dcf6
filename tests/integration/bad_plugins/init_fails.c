/* init spawns a task and then fails: the task must be gone before the refusal is given. */
#include "common.h"

SIMPLE_TASK(task, parked);

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  (void)config, (void)state;
  host = table;
  spawn_simple(plugin, &task, NULL);
  return TOKIO_EADDRINUSE;
}

TOKIO_PLUGIN_DEFINE("test.init-fails", "1", "", TOKIO_PF_UNLOADABLE, init, NULL, NULL);
