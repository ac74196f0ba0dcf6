/* Tasks that end one after another, half a second apart, once the instance is told to stop: a drain that takes its time
 * and gets on all the while. As many as the digits of the configuration say, {"tasks": 8}.
 * Threads: stop writes the moment, tasks read it. */
#include <stdatomic.h>
#include <stddef.h>

#include "tokio/abi.h"

#define TICK_NS UINT64_C(50000000)
#define APART_NS UINT64_C(500000000)

static const tokio_host* host;
static const tokio_time_ext* timers;
static tokio_plugin* self;
static _Atomic uint64_t told_to_stop_at; /* 0: not yet */

struct sleeper {
  tokio_timer* timer;
  uint64_t turn;
};

static tokio_poll sleeper_poll(void* body, tokio_cx* cx) {
  struct sleeper* me = body;
  while (timers->timer_poll(me->timer, cx) != TOKIO_PENDING) {
    const uint64_t now = host->now_ns(cx->plugin), since = atomic_load(&told_to_stop_at);
    if (since != 0 && now >= since + me->turn * APART_NS) return TOKIO_POLL_READY;
    timers->timer_reset(me->timer, now + TICK_NS);
  }
  return TOKIO_POLL_PENDING;
}
static void sleeper_destroy(void* body) { timers->timer_free(((struct sleeper*)body)->timer); }

static const tokio_task_vt sleeper_task = {.size = sizeof sleeper_task,
                                           .poll = sleeper_poll,
                                           .destroy = sleeper_destroy,
                                           .name = {"sleeper", 7},
                                           .file = {"ends_slowly.c", 13},
                                           .line = __LINE__};

static tokio_status spawn_sleeper(tokio_plugin* plugin, uint64_t turn) {
  tokio_task* task = NULL;
  tokio_status status = host->task_alloc(plugin, sizeof(struct sleeper), 8, &task);
  if (status != TOKIO_OK) return status;
  struct sleeper* me = tokio_task_body(host, task);
  me->turn = turn;
  status = timers->timer_new(plugin, host->now_ns(plugin) + TICK_NS, 0, &me->timer);
  if (status == TOKIO_OK) return host->task_spawn(task, &sleeper_task, 0, NULL);
  host->task_discard(task);
  return status;
}

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  uint64_t tasks = 0;
  *state = NULL;
  host = table;
  self = plugin;
  timers = table->get_ext(plugin, TOKIO_EXT_TIME);
  if (timers == NULL) return TOKIO_ENOTSUP;
  for (size_t i = 0; i < config.len; ++i)
    if (config.ptr[i] >= '0' && config.ptr[i] <= '9') tasks = tasks * 10 + (uint64_t)(config.ptr[i] - '0');
  tokio_status status = TOKIO_OK;
  for (uint64_t turn = 1; turn <= tasks && status == TOKIO_OK; ++turn) status = spawn_sleeper(plugin, turn);
  return status;
}

static void stop(void* state, uint64_t deadline_ns) {
  (void)state, (void)deadline_ns;
  atomic_store(&told_to_stop_at, host->now_ns(self));
}

TOKIO_PLUGIN_DEFINE("test.ends-slowly", "1", "", TOKIO_PF_UNLOADABLE, init, stop, NULL);
