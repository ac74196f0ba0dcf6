/* Ends the process before it has begun anything. */
#include <stdlib.h>

#include "common.h"

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  (void)plugin, (void)config, (void)state;
  host = table;
  abort();
}

TOKIO_PLUGIN_DEFINE("test.aborts-in-init", "1", "", TOKIO_PF_UNLOADABLE, init, NULL, NULL);
