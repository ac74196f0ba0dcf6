/* Asks its daemon for as many workers as the digits of the configuration say: {"workers": 3}. It gives up with the
 * host's sentence when that is refused, and finishes with the number that there were before. */
#include <stddef.h>

#include "tokio/abi.h"

static const tokio_host* host;
static unsigned wanted;
static tokio_op* asked;

static tokio_poll ask(void* body, tokio_cx* cx) {
  const tokio_workers_ext* workers = host->get_ext(cx->plugin, TOKIO_EXT_WORKERS);
  tokio_res before;
  (void)body;
  if (asked == NULL && workers->resize(cx->plugin, wanted, 10000000000u, &asked) != TOKIO_OK) {
    host->instance_fail(cx->plugin, host->last_error());
    return TOKIO_POLL_READY;
  }
  before = host->op_poll(asked, cx);
  if (before == TOKIO_PENDING) return TOKIO_POLL_PENDING;
  host->instance_finish(cx->plugin, (int32_t)before);
  return TOKIO_POLL_READY;
}
static void leave(void* body) {
  (void)body;
  if (asked != NULL) host->op_drop(asked);
}
static const tokio_task_vt asker = {.size = sizeof asker, .poll = ask, .destroy = leave, .name = {"asker", 5}};

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  tokio_task* task = NULL;
  tokio_status status;
  *state = NULL;
  host = table;
  asked = NULL;
  wanted = 0;
  for (size_t i = 0; i < config.len; ++i)
    if (config.ptr[i] >= '0' && config.ptr[i] <= '9') wanted = wanted * 10 + (unsigned)(config.ptr[i] - '0');
  status = host->task_alloc(plugin, 8, 8, &task);
  return status != TOKIO_OK ? status : host->task_spawn(task, &asker, 0, NULL);
}

TOKIO_PLUGIN_DEFINE("test.resizes", "1", "", TOKIO_PF_UNLOADABLE, init, NULL, NULL);
