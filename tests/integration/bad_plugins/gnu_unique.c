/* A GNU-unique symbol, as g++ makes of an inline function's static: glibc never unmaps such an image. */
#include "common.h"

__asm__(
    ".pushsection .bss\n"
    ".globl only_one_of_me\n"
    ".type only_one_of_me, @gnu_unique_object\n"
    ".size only_one_of_me, 4\n"
    ".balign 4\n"
    "only_one_of_me: .zero 4\n"
    ".popsection\n");

/* glibc keeps the image from the moment that a relocation binds such a symbol. */
TOKIO_EXPORT extern int only_one_of_me;
static int* volatile bound = &only_one_of_me;

static tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str config, void** state) {
  (void)plugin, (void)table, (void)config, (void)state;
  return *bound;
}

TOKIO_PLUGIN_DEFINE("test.gnu-unique", "1", "", TOKIO_PF_UNLOADABLE, init, NULL, NULL);
