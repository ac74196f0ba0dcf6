// init throws inside; what an SDK does with it: report, then fail with a status. A throw that reaches the wall would
// end the process, because the pointer is noexcept.
#include <stdexcept>

#include "tokio/abi.h"

namespace {

tokio_str text(const char* s) { return {s, __builtin_strlen(s)}; }

tokio_status init(tokio_plugin* plugin, const tokio_host* host, tokio_str, void**) noexcept {
  try {
    throw std::runtime_error("no such table: users");
  } catch (const std::exception& failed) {
    host->panic(plugin, nullptr, text(failed.what()), text("init_throws.cpp"));
    return TOKIO_EINVAL;
  }
}

}  // namespace

TOKIO_PLUGIN_DEFINE("test.init-throws", "1", "", TOKIO_PF_UNLOADABLE, init, nullptr, nullptr);
