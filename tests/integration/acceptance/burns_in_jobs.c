/* A task that has one blocking job after the other, each of which uses 2 ms of CPU time, for ever. */
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "tokio/abi.h"
#include "tokio/abi/blocking.h"

typedef struct burner {
  tokio_plugin* plugin;
  const tokio_blocking_ext* blocking;
  tokio_job* job; /* the one that is waited for */
} burner;

static uint64_t used_ns(void) {
  struct timespec used;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

static int64_t burn(void* user) {
  const uint64_t until = used_ns() + 2000000;
  (void)user;
  while (used_ns() < until) {
  }
  return 0;
}

static tokio_poll next_job(void* body, tokio_cx* cx) {
  burner* const b = body;
  const tokio_job_desc job = {.size = sizeof job, .run = burn, .name = {"burn", 4}};
  for (;;) {
    if (b->job == NULL && b->blocking->spawn(b->plugin, &job, &b->job) != TOKIO_OK) return TOKIO_POLL_READY;
    if (b->blocking->poll(b->job, cx, NULL) == TOKIO_PENDING) return TOKIO_POLL_PENDING;
    b->blocking->free(b->job);
    b->job = NULL;
  }
}
static void end(void* body) {
  burner* const b = body;
  if (b->job != NULL) b->blocking->free(b->job);
}
static const tokio_task_vt kind = {.size = sizeof kind, .poll = next_job, .destroy = end, .name = {"burner", 6}};

static tokio_status init(tokio_plugin* plugin, const tokio_host* host, tokio_str config, void** state) {
  tokio_task* task = NULL;
  const tokio_status status = host->task_alloc(plugin, sizeof(burner), _Alignof(burner), &task);
  (void)config;
  *state = NULL;
  if (status != TOKIO_OK) return status;
  *(burner*)tokio_task_body(host, task) = (burner){plugin, host->get_ext(plugin, TOKIO_EXT_BLOCKING), NULL};
  return host->task_spawn(task, &kind, 0, NULL);
}

TOKIO_PLUGIN_DEFINE("test.burns-in-jobs", "1", "", TOKIO_PF_UNLOADABLE, init, NULL, NULL);
