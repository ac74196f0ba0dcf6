/* Tasks that never finish, a join handle that nobody releases, and a stop that does nothing about it. */
#include "common.h"

SIMPLE_TASK(parked_task, parked);
SIMPLE_TASK(ready_task, ready);

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  tokio_task* joined = NULL;
  tokio_waker handle;
  (void)config, (void)state;
  host = table;
  for (int i = 0; i < 3; ++i) spawn_simple(plugin, &parked_task, NULL);
  if (host->task_alloc(plugin, 8, 8, &joined) != TOKIO_OK) return TOKIO_ENOMEM;
  return host->task_spawn(joined, &ready_task, TOKIO_SPAWN_JOIN, &handle);
}
static void stop(void* state, uint64_t deadline_ns) { (void)state, (void)deadline_ns; }

TOKIO_PLUGIN_DEFINE("test.leaks-task", "1", "", TOKIO_PF_UNLOADABLE, init, stop, NULL);
