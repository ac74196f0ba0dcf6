/* The right version, but compiled against other headers of it; its constructor must not run. */
#include <stdlib.h>

#include "tokio/abi.h"

__attribute__((constructor)) static void must_not_run(void) { abort(); }

__attribute__((section(TOKIO_NOTE_SECTION), aligned(4), used)) static const tokio_note note = {7,
                                                                                               104,
                                                                                               1,
                                                                                               "tokiod",
                                                                                               TOKIO_ABI_MAJOR,
                                                                                               TOKIO_ABI_MINOR,
                                                                                               TOKIO_ABI_MINOR,
                                                                                               TOKIO_PF_UNLOADABLE,
                                                                                               0xdeadbeefu,
                                                                                               0xfeedfaceu,
                                                                                               "test.wrong-fingerprint",
                                                                                               "1"};

TOKIO_EXPORT const tokio_plugin_desc tokio_plugin_v0 = {.size = sizeof(tokio_plugin_desc)};
