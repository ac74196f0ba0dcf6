// A thread_local with a destructor, alive on a worker and on a blocking thread: glibc pins the image until those
// threads have ended, so the host replaces them.
#include <string>

#include "tokio/abi.h"

namespace {

const tokio_host* host;
thread_local std::string word = "a string that is too long for the small buffer, so that it owns memory";

tokio_poll touch(void*, tokio_cx*) noexcept {
  word += '!';
  return TOKIO_POLL_PENDING;
}
int64_t touch_on_blocking(void*) noexcept {
  word += '?';
  return 0;
}
void nothing(void*) noexcept {}

constexpr tokio_task_vt task = {sizeof(tokio_task_vt), 0, touch, nothing, {"touch", 5},
                                {nullptr, 0},          0, 0,     nullptr, nullptr};
constexpr tokio_job_desc job = {sizeof(tokio_job_desc), 0, nullptr, touch_on_blocking, nothing, {"touch", 5}, {}};

tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str, void**) noexcept {
  host = table;
  const auto* blocking = static_cast<const tokio_blocking_ext*>(table->get_ext(plugin, TOKIO_EXT_BLOCKING));
  word += '.';
  if (blocking == nullptr) return TOKIO_ENOTSUP;
  if (const auto status = blocking->spawn(plugin, &job, nullptr); status != TOKIO_OK) return status;
  for (int i = 0; i < 16; ++i) {
    tokio_task* made = nullptr;
    if (const auto status = host->task_alloc(plugin, 8, 8, &made); status != TOKIO_OK) return status;
    if (const auto status = host->task_spawn(made, &task, 0, nullptr); status != TOKIO_OK) return status;
  }
  return TOKIO_OK;
}

}  // namespace

TOKIO_PLUGIN_DEFINE("test.thread-local", "1", "", TOKIO_PF_UNLOADABLE, init, nullptr, nullptr);
