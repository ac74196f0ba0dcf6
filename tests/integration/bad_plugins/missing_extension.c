/* Needs an extension that this host does not serve. */
#include "common.h"

static const char* const needed[] = {TOKIO_EXT_NET, "com.example.teleport/1", NULL};
TOKIO_PLUGIN_NOTE("test.missing-extension", "1", TOKIO_PF_UNLOADABLE);
IDLE_PLUGIN(.id = "test.missing-extension", .req_exts = needed);
