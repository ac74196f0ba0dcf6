/* As many tasks as the digits of the configuration say, each of which burns 200 us and lets the others run, for ever:
 * {"tasks": 4}. */
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "tokio/abi.h"

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static tokio_poll burn(void* body, tokio_cx* cx) {
  const uint64_t until = now_ns() + 200000;
  (void)body, (void)cx;
  while (now_ns() < until) {
  }
  return TOKIO_POLL_YIELD;
}
static void nothing(void* body) { (void)body; }
static const tokio_task_vt burner = {.size = sizeof burner, .poll = burn, .destroy = nothing, .name = {"burner", 6}};

static tokio_status init(tokio_plugin* plugin, const tokio_host* host, tokio_str config, void** state) {
  unsigned left = 0;
  *state = NULL;
  for (size_t i = 0; i < config.len; ++i)
    if (config.ptr[i] >= '0' && config.ptr[i] <= '9') left = left * 10 + (unsigned)(config.ptr[i] - '0');
  for (; left > 0; --left) {
    tokio_task* task = NULL;
    tokio_status status = host->task_alloc(plugin, 8, 8, &task);
    if (status == TOKIO_OK) status = host->task_spawn(task, &burner, 0, NULL);
    if (status != TOKIO_OK) return status;
  }
  return TOKIO_OK;
}

TOKIO_PLUGIN_DEFINE("test.burns", "1", "", TOKIO_PF_UNLOADABLE, init, NULL, NULL);
