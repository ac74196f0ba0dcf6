/* The descriptor calls itself something else than the note that was inspected. */
#include "common.h"

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  (void)plugin, (void)table, (void)config, (void)state;
  return TOKIO_OK;
}

TOKIO_PLUGIN_NOTE("test.two-names", "1", TOKIO_PF_UNLOADABLE);
TOKIO_EXPORT const tokio_plugin_desc tokio_plugin_v0 = {.size = sizeof(tokio_plugin_desc),
                                                        .abi_major = TOKIO_ABI_MAJOR,
                                                        .abi_minor = TOKIO_ABI_MINOR,
                                                        .abi_minor_min = TOKIO_ABI_MINOR,
                                                        .abi_fingerprint = TOKIO_ABI_FINGERPRINT,
                                                        .flags = TOKIO_PF_UNLOADABLE,
                                                        .id = "test.another-name",
                                                        .version = "1",
                                                        .description = "",
                                                        .init = init};
