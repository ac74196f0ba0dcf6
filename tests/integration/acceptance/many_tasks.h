/* Internal to the fixtures of this folder: an instance of as many equal tasks as the digits of its configuration say,
 * {"tasks": 2}. The fixture defines `kind`, the task. */
#ifndef TOKIOD_TESTS_MANY_TASKS_H
#define TOKIOD_TESTS_MANY_TASKS_H

#include <stddef.h>

#include "tokio/abi.h"

static const tokio_host* host;
static const tokio_task_vt kind;

static void nothing(void* body) { (void)body; }

static unsigned number_in(tokio_str config) {
  unsigned number = 0;
  for (size_t i = 0; i < config.len; ++i)
    if (config.ptr[i] >= '0' && config.ptr[i] <= '9') number = number * 10 + (unsigned)(config.ptr[i] - '0');
  return number;
}

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  *state = NULL;
  host = table;
  for (unsigned left = number_in(config); left > 0; --left) {
    tokio_task* task = NULL;
    tokio_status status = host->task_alloc(plugin, 8, 8, &task);
    if (status == TOKIO_OK) status = host->task_spawn(task, &kind, 0, NULL);
    if (status != TOKIO_OK) return status;
  }
  return TOKIO_OK;
}

#endif /* TOKIOD_TESTS_MANY_TASKS_H */
