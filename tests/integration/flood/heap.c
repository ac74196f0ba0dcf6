/* Tells what the allocator of its process says: how many bytes are in use, after what is free was given back. */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "tokio/abi.h"

static const tokio_control_ext* control;
static tokio_reg* registered;

static tokio_str text(const char* s) {
  const tokio_str t = {s, strlen(s)};
  return t;
}

static void in_use(void* user, tokio_call* call, tokio_str params) {
  char answer[32];
  (void)user, (void)params;
  malloc_trim(0);
  snprintf(answer, sizeof answer, "%zu", mallinfo2().uordblks);
  control->reply(call, text(answer));
}
static void nothing(void* user) { (void)user; }

static tokio_status init(tokio_plugin* plugin, const tokio_host* host, tokio_str config, void** state) {
  const tokio_method_desc d = {
      .size = sizeof d, .name = {"in_use", 6}, .summary = {"bytes", 5}, .handle = in_use, .drop = nothing};
  (void)config, (void)state;
  control = host->get_ext(plugin, TOKIO_EXT_CONTROL);
  return control == NULL ? TOKIO_ENOTSUP : control->method(plugin, &d, &registered);
}

TOKIO_PLUGIN_DEFINE("test.heap", "1", "tells of the heap", TOKIO_PF_UNLOADABLE, init, NULL, NULL);
