/* As many blocking jobs that do not end as the digits of the configuration say: {"jobs": 3}. */
#include <stddef.h>
#include <time.h>

#include "tokio/abi.h"
#include "tokio/abi/blocking.h"

static int64_t sleep_on(void* user) {
  const struct timespec moment = {0, 10000000};
  (void)user;
  for (;;) nanosleep(&moment, NULL);
  return 0; /* never reached; gcc wants it said */
}
static void nothing(void* user) { (void)user; }

static tokio_status init(tokio_plugin* plugin, const tokio_host* host, tokio_str config, void** state) {
  const tokio_blocking_ext* const blocking = host->get_ext(plugin, TOKIO_EXT_BLOCKING);
  const tokio_job_desc job = {.size = sizeof job, .run = sleep_on, .drop = nothing, .name = {"sleeper", 7}};
  unsigned wanted = 0;
  *state = NULL;
  if (blocking == NULL) return TOKIO_ENOTSUP;
  for (size_t i = 0; i < config.len; ++i)
    if (config.ptr[i] >= '0' && config.ptr[i] <= '9') wanted = wanted * 10 + (unsigned)(config.ptr[i] - '0');
  for (; wanted > 0; --wanted) {
    const tokio_status status = blocking->spawn(plugin, &job, NULL);
    if (status != TOKIO_OK) return status;
  }
  return TOKIO_OK;
}

TOKIO_PLUGIN_DEFINE("test.blocking-jobs", "1", "", TOKIO_PF_UNLOADABLE, init, NULL, NULL);
