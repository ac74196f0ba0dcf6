// tokio.trace/1: what is known of a task that is looked at closely.
#include "host/export/common.hpp"
#include "host/export/tables.hpp"

namespace tokiod::host {
namespace {

void trace_delay(tokio_cx* cx, tokio_delay* out) noexcept {
  if (cx == nullptr || cx->waker.task == nullptr || out == nullptr) return;
  tokio_delay told = {.size = sizeof told, .flags = 0, .runnable_ns = 0};
  const sched::host_entry inside;
  auto& task = *key_of(cx->waker).task;
  if (sched::core* const on = core_for(inside, task)) {
    if (const auto seen = on->delay_of(task)) {
      told.flags = TOKIO_DELAY_MEASURED | (seen->again ? TOKIO_DELAY_AGAIN : 0u);
      told.runnable_ns = seen->lasted;
    }
  }
  give_result(*out, told);
}

}  // namespace

const tokio_trace_ext trace_table = {.size = sizeof(tokio_trace_ext), .flags = 0, .delay = trace_delay};

}  // namespace tokiod::host
