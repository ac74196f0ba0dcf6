// One task throws, its neighbour goes on: only the first one ends.
#include <stdexcept>

#include "tokio/abi.h"

namespace {

const tokio_host* host;
tokio_str text(const char* s) { return {s, __builtin_strlen(s)}; }

tokio_poll throwing(void*, tokio_cx* cx) noexcept {
  try {
    throw std::runtime_error("boom");
  } catch (const std::exception& failed) {
    host->panic(cx->plugin, cx, text(failed.what()), text("task_throws.cpp"));
    return TOKIO_POLL_PANIC;
  }
}
tokio_poll parked(void*, tokio_cx*) noexcept { return TOKIO_POLL_PENDING; }
tokio_poll nonsense(void*, tokio_cx*) noexcept { return 77; }
void nothing(void*) noexcept {}

constexpr tokio_task_vt vt(tokio_poll (*poll)(void*, tokio_cx*) noexcept, const char* name) {
  return {sizeof(tokio_task_vt), 0, poll, nothing, {name, __builtin_strlen(name)},
          {nullptr, 0},          0, 0,    nullptr, nullptr};
}
constexpr tokio_task_vt throwing_task = vt(throwing, "throwing");
constexpr tokio_task_vt parked_task = vt(parked, "parked");
constexpr tokio_task_vt nonsense_task = vt(nonsense, "nonsense");

tokio_status init(tokio_plugin* plugin, const tokio_host* table, tokio_str, void**) noexcept {
  host = table;
  for (const auto* kind : {&parked_task, &throwing_task, &nonsense_task}) {
    tokio_task* task = nullptr;
    if (const auto status = host->task_alloc(plugin, 8, 8, &task); status != TOKIO_OK) return status;
    if (const auto status = host->task_spawn(task, kind, 0, nullptr); status != TOKIO_OK) return status;
  }
  return TOKIO_OK;
}

}  // namespace

TOKIO_PLUGIN_DEFINE("test.task-throws", "1", "", TOKIO_PF_UNLOADABLE, init, nullptr, nullptr);
