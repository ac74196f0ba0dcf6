/* A task that waits for a timer and for a pipe, and a blocking job that waits for the same pipe's other pair: until it
 * is told to stop.
 * Threads: everything is written in init, and only read afterwards. */
#include <unistd.h>

#include "tokio/abi.h"

static const tokio_host* host;
static const tokio_time_ext* timers;
static const tokio_net_ext* net;
static const tokio_fd_ext* descriptors;
static const tokio_blocking_ext* blocking;
static int task_pipe[2] = {-1, -1}, job_pipe[2] = {-1, -1};

struct waiter {
  tokio_timer* timer;
  tokio_io* io;
};

static tokio_poll waiter_poll(void* body, tokio_cx* cx) {
  struct waiter* me = body;
  if (timers->timer_poll(me->timer, cx) != TOKIO_PENDING) return TOKIO_POLL_READY;
  if (net->poll_ready(me->io, cx, TOKIO_READY_READ) != TOKIO_PENDING) return TOKIO_POLL_READY;
  return TOKIO_POLL_PENDING;
}
static void waiter_destroy(void* body) {
  struct waiter* me = body;
  timers->timer_free(me->timer);
  net->close(me->io);
}
static const tokio_task_vt waiter_task = {
    .size = sizeof waiter_task, .poll = waiter_poll, .destroy = waiter_destroy, .name = {"waiter", 6}};

static tokio_status spawn_waiter(tokio_plugin* plugin) {
  const uint64_t an_hour = UINT64_C(3600000000000);
  tokio_task* task = NULL;
  tokio_status status = host->task_alloc(plugin, sizeof(struct waiter), 8, &task);
  if (status != TOKIO_OK) return status;
  struct waiter* me = tokio_task_body(host, task);
  status = timers->timer_new(plugin, host->now_ns(plugin) + an_hour, 0, &me->timer);
  if (status == TOKIO_OK) status = descriptors->adopt(plugin, task_pipe[0], TOKIO_READY_READ, &me->io);
  return status == TOKIO_OK ? host->task_spawn(task, &waiter_task, 0, NULL) : status;
}

static int64_t wait_for_pipe(void* user) {
  char one;
  (void)user;
  return read(job_pipe[0], &one, 1);
}
static void nothing(void* user) { (void)user; }

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  const tokio_job_desc job = {.size = sizeof job, .run = wait_for_pipe, .drop = nothing, .name = {"waits", 5}};
  (void)config, (void)state;
  host = table;
  timers = host->get_ext(plugin, TOKIO_EXT_TIME);
  net = host->get_ext(plugin, TOKIO_EXT_NET);
  descriptors = host->get_ext(plugin, TOKIO_EXT_FD);
  blocking = host->get_ext(plugin, TOKIO_EXT_BLOCKING);
  if (pipe(task_pipe) != 0 || pipe(job_pipe) != 0) return TOKIO_EIO;
  const tokio_status status = spawn_waiter(plugin);
  return status == TOKIO_OK ? blocking->spawn(plugin, &job, NULL) : status;
}
static void stop(void* state, uint64_t deadline_ns) {
  (void)state, (void)deadline_ns;
  close(task_pipe[1]);
  close(job_pipe[1]);
}
static void fini(void* state) {
  (void)state;
  close(job_pipe[0]);
}

TOKIO_PLUGIN_DEFINE("test.waits", "1", "", TOKIO_PF_UNLOADABLE, init, stop, fini);
