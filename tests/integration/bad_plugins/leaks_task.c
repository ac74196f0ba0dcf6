/* Tasks that never finish, a join handle that nobody releases, and a stop that does nothing about it. */
#include "common.h"

static tokio_poll parked(void* body, tokio_cx* cx) {
  (void)body, (void)cx;
  return TOKIO_POLL_PENDING;
}
static tokio_poll ready(void* body, tokio_cx* cx) {
  (void)body, (void)cx;
  return TOKIO_POLL_READY;
}
static void nothing(void* body) { (void)body; }
static const tokio_task_vt parked_task = {
    .size = sizeof parked_task, .poll = parked, .destroy = nothing, .name = {"parked", 6}};
static const tokio_task_vt ready_task = {
    .size = sizeof ready_task, .poll = ready, .destroy = nothing, .name = {"ready", 5}};

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
