/* The note is there, the descriptor is not. */
#include "tokio/abi.h"

TOKIO_PLUGIN_NOTE("test.no-entry", "1", TOKIO_PF_UNLOADABLE);

TOKIO_EXPORT int tokio_plugin_somewhere_else = 1;
