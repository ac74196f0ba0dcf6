/* Built for an ABI that is not ours; its constructor must not run. */
#include <stdlib.h>

#include "tokio/abi.h"

__attribute__((constructor)) static void must_not_run(void) { abort(); }

__attribute__((section(TOKIO_NOTE_SECTION), aligned(4), used)) static const tokio_note note = {
    7, 104, 1, "tokiod", 7, 3, 1, TOKIO_PF_UNLOADABLE, 0x11111111u, 0x22222222u, "test.wrong-abi", "1"};

TOKIO_EXPORT const tokio_plugin_desc tokio_plugin_v0 = {.size = sizeof(tokio_plugin_desc), .abi_major = 7};
