/* Keeps wakers of tasks that are gone and goes on waking them, and spawns after it was told to stop. */
#include "common.h"

static tokio_plugin* self;
static tokio_waker old[64];

/* Wakes everything that ever was, itself included, for ever. */
static tokio_poll waking(void* body, tokio_cx* cx) {
  (void)body;
  for (int i = 0; i < 64; ++i) host->task_wake(old[i]);
  host->task_wake(cx->waker);
  return TOKIO_POLL_PENDING;
}
static void wake_all(void* body) {
  (void)body;
  for (int i = 0; i < 64; ++i) host->task_wake(old[i]);
}
SIMPLE_TASK(ready_task, ready);
static const tokio_task_vt waking_task = {
    .size = sizeof waking_task, .poll = waking, .destroy = wake_all, .name = {"waking", 6}};

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  (void)config, (void)state;
  host = table;
  self = plugin;
  for (int i = 0; i < 64; ++i) {
    const tokio_status status = spawn_simple(plugin, &ready_task, &old[i]);
    if (status != TOKIO_OK) return status;
  }
  return spawn_simple(plugin, &waking_task, NULL);
}
static void stop(void* state, uint64_t deadline_ns) {
  (void)state, (void)deadline_ns;
  spawn_simple(self, &ready_task, NULL);
  wake_all(NULL);
}
static void fini(void* state) {
  (void)state;
  wake_all(NULL);
}

TOKIO_PLUGIN_DEFINE("test.wakes-after-stop", "1", "", TOKIO_PF_UNLOADABLE, init, stop, fini);
