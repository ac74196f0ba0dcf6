/* A shared object that has nothing to do with us; its constructor must not run. */
#include <stdlib.h>

__attribute__((constructor)) static void must_not_run(void) { abort(); }

__attribute__((visibility("default"))) int tokio_plugin_v0 = 1;
