/* A poll that does not return until the test says so (it creates the file that the configuration names). */
#include <string.h>
#include <unistd.h>

#include "common.h"

static char gate[256];

static tokio_poll spin(void* body, tokio_cx* cx) {
  (void)body, (void)cx;
  while (access(gate, F_OK) != 0) {
  }
  return TOKIO_POLL_READY;
}
SIMPLE_TASK(task, spin);

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  (void)state;
  host = table;
  if (config.len >= sizeof gate) return TOKIO_EINVAL;
  memcpy(gate, config.ptr, config.len);
  return spawn_simple(plugin, &task, NULL);
}

TOKIO_PLUGIN_DEFINE("test.never-yields", "1", "", TOKIO_PF_UNLOADABLE, init, NULL, NULL);
