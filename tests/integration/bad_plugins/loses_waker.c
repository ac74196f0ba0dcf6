/* A task that waits and has told nobody whom to wake: it never goes on. */
#include "common.h"

SIMPLE_TASK(forgets, parked);

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  (void)config, (void)state;
  host = table;
  return spawn_simple(plugin, &forgets, NULL);
}

TOKIO_PLUGIN_DEFINE("test.loses-waker", "1", "", TOKIO_PF_UNLOADABLE, init, NULL, NULL);
