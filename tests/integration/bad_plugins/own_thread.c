/* Creates a thread of its own that goes on calling the host after fini: resident, and every call is answered EGONE. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "common.h"

static tokio_plugin* self;
static atomic_int* seen; /* given by the test: 1 = saw EGONE */

static void* run(void* unused) {
  (void)unused;
  for (;;) {
    tokio_task* made = NULL;
    const struct timespec pause = {0, 1000000};
    const tokio_status status = host->task_alloc(self, 8, 8, &made);
    if (status == TOKIO_EGONE) break;
    if (status == TOKIO_OK) host->task_discard(made);
    nanosleep(&pause, NULL);
  }
  atomic_store(seen, 1);
  return NULL;
}

/* The configuration is the address of the test's flag, in hexadecimal. */
static uintptr_t address(tokio_str config) {
  uintptr_t value = 0;
  for (size_t i = 0; i < config.len; ++i) {
    const char c = config.ptr[i];
    value = value * 16 + (uintptr_t)(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return value;
}

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  pthread_t thread;
  (void)state;
  host = table;
  self = plugin;
  seen = (atomic_int*)address(config); /* NOLINT(performance-no-int-to-ptr) */
  if (pthread_create(&thread, NULL, run, NULL) != 0) return TOKIO_EAGAIN;
  pthread_detach(thread);
  return TOKIO_OK;
}

TOKIO_PLUGIN_DEFINE("test.own-thread", "1", "", TOKIO_PF_UNLOADABLE | TOKIO_PF_OWN_THREADS, init, NULL, NULL);
