#include "host/export/tables.hpp"

namespace tokiod::host {
namespace {

struct served {
  std::string_view id;
  const void* table;
};
constexpr served extensions[] = {
    {TOKIO_EXT_TIME, &time_table},       {TOKIO_EXT_NET, &net_table},           {TOKIO_EXT_FD, &fd_table},
    {TOKIO_EXT_RESOLVE, &resolve_table}, {TOKIO_EXT_BLOCKING, &blocking_table}, {TOKIO_EXT_LOG, &log_table},
    {TOKIO_EXT_PROCESS, &process_table}, {TOKIO_EXT_SIGNAL, &signal_table},     {TOKIO_EXT_METRICS, &metrics_table},
    {TOKIO_EXT_CONTROL, &control_table}, {TOKIO_EXT_ACCOUNT, &account_table},   {TOKIO_EXT_FS, &fs_table},
    {TOKIO_EXT_TRACE, &trace_table},     {TOKIO_EXT_WORKERS, &workers_table},
};

}  // namespace

const void* extension(std::string_view id) {
  for (const auto& one : extensions)
    if (one.id == id) return one.table;
  return nullptr;
}

}  // namespace tokiod::host
