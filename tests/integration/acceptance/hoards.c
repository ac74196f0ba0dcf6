/* Opens descriptors by itself until the process has none left, and gives them back in its end. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tokio/abi.h"

static int* held;
static size_t count;

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  (void)plugin, (void)table, (void)config, (void)state;
  for (;;) {
    int* more = realloc(held, (count + 1) * sizeof *held);
    if (more == NULL) return TOKIO_ENOMEM;
    held = more;
    held[count] = dup(0);
    if (held[count] < 0) return errno == EMFILE ? TOKIO_OK : TOKIO_EIO;
    ++count;
  }
}
static void fini(void* state) {
  (void)state;
  while (count > 0) close(held[--count]);
  free(held);
}

TOKIO_PLUGIN_DEFINE("test.hoards", "1", "", TOKIO_PF_UNLOADABLE | TOKIO_PF_RAW_SYSCALLS, init, NULL, fini);
