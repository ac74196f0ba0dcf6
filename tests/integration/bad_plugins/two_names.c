/* The descriptor calls itself something else than the note that was inspected. */
#include "common.h"

TOKIO_PLUGIN_NOTE("test.two-names", "1", TOKIO_PF_UNLOADABLE);
IDLE_PLUGIN(.id = "test.another-name");
