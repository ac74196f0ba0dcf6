/* A task that says where it waits only when a byte comes that never comes. Beside it one that has nothing to say, so
 * that there is something else to ask. The walk ends when the plugin is told to stop: a task that is looked at stands
 * still, and would never end.
 * Threads: the pipe is made in init; a walk and stop may meet there. */
#include <unistd.h>

#include "common.h"

static int never[2] = {-1, -1};

static void hang(const void* body, const tokio_walk* to) {
  char one;
  (void)body, (void)to;
  (void)!read(never[0], &one, 1);
}
static const tokio_task_vt hangs = {.size = sizeof hangs,
                                    .poll = parked,
                                    .destroy = nothing,
                                    .name = {"hangs", 5},
                                    .file = {"walk_hangs.c", 12},
                                    .line = 7,
                                    .walk = hang};
SIMPLE_TASK(quiet, parked);

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  (void)config, (void)state;
  host = table;
  if (pipe(never) != 0) return TOKIO_EIO;
  const tokio_status status = spawn_simple(plugin, &hangs, NULL);
  return status == TOKIO_OK ? spawn_simple(plugin, &quiet, NULL) : status;
}
static void stop(void* state, uint64_t deadline_ns) {
  (void)state, (void)deadline_ns;
  close(never[1]);
}
static void fini(void* state) {
  (void)state;
  close(never[0]);
}

TOKIO_PLUGIN_DEFINE("test.walk-hangs", "1", "", TOKIO_PF_UNLOADABLE, init, stop, fini);
