// tokio.account/1: what an instance uses, from its ledger and the runtime's counters of its tasks.
#include "host/export/common.hpp"
#include "host/export/tables.hpp"
#include "host/usage.hpp"

namespace tokiod::host {
namespace {

tokio_status account_usage(tokio_plugin* p, tokio_usage* out) noexcept {
  if (p == nullptr || out == nullptr || out->size < sizeof out->size)
    return fail(TOKIO_EINVAL, "usage: a null pointer, or a size that is not sizeof(tokio_usage)");
  const auto u = usage_of(*p);
  const tokio_usage told = {
      .size = sizeof told,
      .state = static_cast<std::uint32_t>(p->now_in()),
      .poll_ns = u.poll_ns,
      .polls = u.polls,
      .slow_polls = u.slow_polls,
      .wakes = u.wakes,
      .forced_yields = u.forced_yields,
      .tasks_live = u.tasks_live,
      .tasks_spawned = u.tasks_spawned,
      .tasks_panicked = u.tasks_panicked,
      .mem_bytes = u.memory_bytes,
      .io_handles = u.sockets,
      .timers = u.timers,
      .ops_inflight = u.operations,
      .jobs = u.jobs,
      .leases_out = u.leases,
      .read_bytes = u.read_bytes,
      .write_bytes = u.written_bytes,
      .files = u.files,
  };
  give_result(*out, told);
  return TOKIO_OK;
}

}  // namespace

const tokio_account_ext account_table = {.size = sizeof(tokio_account_ext), .flags = 0, .usage = account_usage};

}  // namespace tokiod::host
