/* Runs out of stack in a poll. */
#include "common.h"

static volatile int endless = 1;

static int deeper(volatile char* above) {
  volatile char here[4096];
  here[0] = above[0];
  return endless ? deeper(here) + here[0] : here[0];
}
static tokio_poll overflow(void* body, tokio_cx* cx) {
  volatile char first[1] = {0};
  (void)body, (void)cx;
  return deeper(first) ? TOKIO_POLL_READY : TOKIO_POLL_PENDING;
}
SIMPLE_TASK(task, overflow);

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  (void)config, (void)state;
  host = table;
  return spawn_simple(plugin, &task, NULL);
}

TOKIO_PLUGIN_DEFINE("test.overflows", "1", "", TOKIO_PF_UNLOADABLE, init, NULL, NULL);
