/* A plugin in C that does nothing but start. */
#include <tokio/abi.h>

static tokio_status init(tokio_plugin* plugin, const tokio_host* host, tokio_str config, void** state) {
  (void)config;
  *state = NULL;
  host->instance_finish(plugin, 5);
  return TOKIO_OK;
}

TOKIO_PLUGIN_DEFINE("org.example.plain", "1.0.0", "ends at once", TOKIO_PF_UNLOADABLE | TOKIO_PF_MULTI, init, NULL,
                    NULL);
